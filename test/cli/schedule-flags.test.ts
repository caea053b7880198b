import assert from 'node:assert/strict';
import { formatDuration, parseDuration } from '../../cli/duration.js';
import {
  checkScheduleName,
  noteAfter,
  parseMoment,
  timingOf,
  type TimingOptions,
} from '../../cli/schedule-flags.js';
import { endsOf, inZone, whenOf } from '../../cli/show-schedule.js';

const given = (options: Partial<TimingOptions>): TimingOptions => ({
  overlap: 'skip',
  catchUpWindow: '365d',
  ...options,
});

describe('a duration', () => {
  it('is read, and told in the same words', () => {
    for (const [text, seconds] of [
      ['1s', 1],
      ['90s', 90],
      ['1h30m', 5400],
      ['7d', 604_800],
      ['2w', 1_209_600],
    ] as const) {
      assert.equal(parseDuration('--every', text, 1000), seconds * 1000);
    }
    assert.deepEqual([0, 1000, 90_000, 5_400_000, 31_536_000_000].map(formatDuration), [
      '0s',
      '1s',
      '1m30s',
      '1h30m',
      '365d',
    ]);
  });

  it('is refused with the flag and the value', () => {
    for (const text of ['5', '500ms', '0s', '-1h', '1.5h', '1h 30m', '366d', 'h', '', '9s']) {
      assert.throws(() => parseDuration('--jitter', text, 10_000), {
        name: 'UsageError',
        message: new RegExp(`\`--jitter\` to be a duration from 10s to 365d .*got \`${text}\``),
      });
    }
  });
});

describe('the times of a schedule', () => {
  it('are what the server takes', () => {
    const cron = timingOf(
      given({ cron: '0 2 * * *', timezone: 'europe/BERLIN', jitter: '5m', overlap: 'buffer-one' }),
    );
    assert.deepEqual(cron.spec, {
      cronExpressions: ['0 2 * * * # 0 2 * * *'],
      timezone: 'Europe/Berlin',
      jitter: 300_000,
    });
    assert.deepEqual(cron.policies, { overlap: 'BUFFER_ONE', catchupWindow: 31_536_000_000 });
    assert.deepEqual(timingOf(given({ every: '6h' })).spec, { intervals: [{ every: 21_600_000 }] });
    for (const timezone of ['UTC', 'Etc/GMT+3', 'Asia/Calcutta', 'Asia/Kolkata']) {
      assert.ok(timingOf(given({ cron: '@daily', timezone })).spec.timezone);
    }
  });

  it('are refused at once, with flag and value', () => {
    for (const [options, message] of [
      [{}, /`--cron` or `--every`, got neither/],
      [{ cron: '@daily', every: '1d' }, /got both/],
      [{ cron: '@daily', timezone: 'Mars/Base' }, /`--timezone`.*got `Mars\/Base`/],
      [{ cron: '@daily', timezone: '+05:00' }, /got `\+05:00`/],
      [{ cron: '@daily', timezone: '' }, /got ``/],
      [{ every: '1d', timezone: 'UTC' }, /`--timezone` with `--cron`/],
      [{ every: '500ms' }, /`--every`.*got `500ms`/],
      [{ every: '1d', jitter: 'some' }, /`--jitter`.*got `some`/],
      [{ every: '1d', catchUpWindow: '5s' }, /`--catch-up-window`.*from 10s.*got `5s`/],
    ] as const) {
      assert.throws(() => timingOf(given(options)), { name: 'UsageError', message });
    }
  });

  it('are told in the words they were given in', () => {
    const calendar = { comment: '0 2 * * *' } as never;
    assert.equal(whenOf({ calendars: [calendar] }), 'cron 0 2 * * *');
    assert.equal(whenOf({ intervals: [{ every: 5_400_000, offset: 0 }] }), 'every 1h30m');
    assert.equal(whenOf({ calendars: [{} as never] }), 'calendar');
    assert.equal(inZone('cron 0 2 * * *', 'Europe/Berlin'), 'cron 0 2 * * * (Europe/Berlin)');
    assert.equal(inZone('every 6h', 'UTC'), 'every 6h');
  });
});

describe('many times', () => {
  it('are told by their ends, and by a mark that there are more', () => {
    assert.deepEqual(endsOf(['1']), ['1']);
    assert.deepEqual(endsOf(['1', '2']), ['1', '2']);
    assert.deepEqual(endsOf(['1', '2', '3']), ['1', '…', '3']);
  });
});

describe('a moment', () => {
  it('is a day in UTC, or a time with its zone', () => {
    for (const [text, iso] of [
      ['2026-11-25', '2026-11-25T00:00:00.000Z'],
      ['2026-11-25T02:00Z', '2026-11-25T02:00:00.000Z'],
      ['2026-11-25T02:00:05+01:00', '2026-11-25T01:00:05.000Z'],
    ] as const) {
      assert.equal(parseMoment('--from', text).toISOString(), iso);
    }
  });

  it('is refused where it could mean several, or none', () => {
    for (const text of [
      '2026-11-25T02:00:00',
      '2026-02-31',
      '2026-13-01',
      '25.11.2026',
      'yesterday',
      '',
      '2026-11-25T25:00Z',
    ]) {
      assert.throws(() => parseMoment('--to', text), { name: 'UsageError', message: /`--to`.*got/ }, text);
    }
  });
});

describe("a schedule's name", () => {
  it('leaves room for the time that is appended to it', () => {
    assert.equal(checkScheduleName('nightly.v2_a-b'), 'nightly.v2_a-b');
    for (const name of ['', 'a b', '../x', 'a:b', '-x', 'x'.repeat(101)]) {
      assert.throws(() => checkScheduleName(name), { name: 'UsageError' });
    }
  });
});

describe("a schedule's note", () => {
  it('stays when the schedule is paused or resumed, unless another is given', () => {
    assert.equal(noteAfter('pause', undefined, 'for the films'), 'for the films');
    assert.equal(noteAfter('resume', undefined, 'for the films'), 'for the films');
    assert.equal(noteAfter('pause', 'new data on Monday', 'for the films'), 'new data on Monday');
  });

  it('says who did it where there is none, and no longer than that is so', () => {
    assert.equal(noteAfter('pause', undefined), 'paused by hand');
    // Temporal takes an empty note for no request at all.
    assert.equal(noteAfter('pause', '', ''), 'paused by hand');
    assert.equal(noteAfter('resume', undefined, 'paused by hand'), 'resumed by hand');
  });
});
