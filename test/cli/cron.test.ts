import assert from 'node:assert/strict';
import { checkCron } from '../../cli/cron.js';
import { goodExpressions } from '../support/cron-expressions.js';

const now = new Date('2026-11-25T12:00:00Z');

describe('a cron expression', () => {
  it('is taken as it is where it means what it says', () => {
    for (const text of goodExpressions) assert.deepEqual(checkCron(text, now), { text });
    assert.equal(checkCron('  0   2 * *  * ', now).text, '0 2 * * *');
  });

  it('is refused with the field, the value and what is allowed', () => {
    for (const [text, message] of [
      ['61 * * * *', /`61` as the minute: expected 0 to 59/],
      ['* 24 * * *', /`24` as the hour: expected 0 to 23/],
      ['* * 0 * *', /`0` as the day of the month: expected 1 to 31/],
      ['* * * 13 *', /`13` as the month: expected 1 to 12, or names/],
      ['* * * ju *', /`ju` as the month/],
      ['* * * * 8', /`8` as the day of the week: expected 0 to 7, or names/],
      ['* * * * funday', /`funday` as the day of the week/],
      ['* 9-5 * * *', /`9-5` as the hour/],
      ['1,,2 * * * *', /`` as the minute/],
      ['1-2-3 * * * *', /`1-2-3` as the minute/],
      ['* * L * *', /`L` as the day of the month/],
      ['0 0 ? * *', /`\?` as the day of the month/],
      ['* * * *', /4 fields: expected minute, hour/],
      ['', /0 fields/],
      ['1 2 3 4 5 2027 7 8', /8 fields/],
      ['@reboot', /1 field:/],
    ] as const) {
      assert.throws(() => checkCron(text, now), { name: 'UsageError', message }, text);
    }
  });

  it('is refused where a server takes it for something else', () => {
    for (const [text, message] of [
      ['0 2 * * 5#3', /`#`, after which Temporal reads a comment/],
      ['0 0 2 * * *', /`\*` as the sixth field, the year/],
      ['*/90 * * * *', /`\*\/90` as the minute: expected a step from 1 to 59/],
      ['0 0 31 2 *', /a date that never comes/],
      ['0 0 30 feb mon', /a date that never comes/],
      ['0 0 1 1 * 2020', /a date that never comes/],
      ['CRON_TZ=Europe/Berlin 0 2 * * *', /give it as --timezone/],
      ['@every 5m', /give it as --every/],
    ] as const) {
      assert.throws(() => checkCron(text, now), { name: 'UsageError', message }, text);
    }
  });

  it('comes with a note where both kinds of day are given: elsewhere either is enough', () => {
    assert.match(String(checkCron('0 2 1 * MON', now).note), /both `1` of the month and `MON` of the week/);
  });

  it('may mean a rare day', () => {
    assert.equal(checkCron('0 0 29 2 MON', now).text, '0 0 29 2 MON');
  });
});
