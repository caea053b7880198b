import assert from 'node:assert/strict';
import type { BadInput, BadInputs } from './case.js';

const train = (what: string, ...words: string[]): BadInput => ({
  ...{ what, argv: ['train', '--check', '--source', 'synthetic', ...words], ends: 2 },
});
const create = (what: string, ...words: string[]): BadInput => ({
  ...{ what, argv: ['schedule', 'create', 'nightly', '--source', 'synthetic', ...words], ends: 2 },
});
const words = (what: string, ...argv: string[]): BadInput => ({ what, argv, ends: 2 });

const good = { source: { kind: 'synthetic' }, parameters: { epochs: 1 } };

/** A run that another client starts: it ends at once, and no stage is tried. */
function started(what: string, run: string, ...args: unknown[]): BadInput {
  return {
    ...{ what: `another client starts a run ${what}`, argv: ['runs', 'watch', run], ends: 1, servers: true },
    async before(world) {
      assert.equal(await world.startRun(run, args), 0);
    },
  };
}

function scheduled(what: string, name: string, ...args: unknown[]): BadInput {
  return {
    ...{ what: `another client makes a schedule ${what}`, argv: ['schedule', 'show', name], ends: 1 },
    ...{ servers: true, before: (world) => world.makeSchedule(name, args) },
  };
}

export const parameters: BadInputs = {
  title: 'Parameters',
  cases: [
    train('a number below the range', '--epochs', '0'),
    train('a number above the range', '--epochs', '1e99'),
    train('a fraction', '--epochs', '1.5'),
    train('a word where a number belongs', '--epochs', 'many'),
    train('nothing where a number belongs', '--epochs', ''),
    train('no value', '--epochs'),
    train('an end of an open range', '--test-size', '1'),
    train('a choice that is none', '--engine', 'cuda'),
    train('a stage that is none', '--refresh', 'everything'),
    train('a duration that is none', '--repair-within', 'soon'),
    { ...train('a flag that is none', '--eppochs', '5'), shows: /unknown option/ },
    train('a word too many', 'again'),
    train('flags that exclude each other', '--dry-run', '--detach'),
    { ...words('a command that is none', 'tarin'), shows: /unknown command/ },
    words('a number of runs below the range', 'runs', 'list', '--limit', '0'),
    words('an outcome that is none', 'runs', 'list', '--outcome', 'perfect'),
    words('an age that is none', 'artifacts', 'gc', '--older-than', 'old'),
    words('a link that is good for too long', 'artifacts', 'url', 'latest', 'a.bin', '--expires', '8d'),
    words('a repair of what is no parameter', 'runs', 'repair', 'latest', '--set', 'colour=red'),
    words('a repair out of range', 'runs', 'repair', 'latest', '--set', 'epochs=0'),
    create('a schedule without a time'),
    create('a schedule with two', '--every', '1d', '--cron', '0 2 * * *'),
    create('an interval of nothing', '--every', '0s'),
    create('a minute that never comes', '--cron', '61 * * * *'),
    create('a date that never comes', '--cron', '0 2 30 2 *'),
    create('a cron expression with too few fields', '--cron', '0 2'),
    create('a time zone that is none', '--cron', '0 2 * * *', '--timezone', 'Mars/Base'),
    create('a schedule with a parameter out of range', '--every', '1d', '--epochs', '0'),
    words(
      'a backfill of a day that is none',
      'schedule',
      'backfill',
      'n',
      '--from',
      '2026-02-31',
      '--to',
      '2026-03-01',
    ),
    started('without an input', 'told-nothing'),
    started('with a word as its input', 'told-a-word', 'synthetic'),
    started('with a parameter out of range', 'told-zero', { ...good, parameters: { epochs: 0 } }),
    started('with a parameter of the wrong type', 'told-many', { ...good, parameters: { epochs: 'many' } }),
    started('with a parameter that is none', 'told-eppochs', { ...good, parameters: { eppochs: 1 } }),
    started('with a field that is none', 'told-more', { ...good, epochs: 1 }),
    started('with a source that is none', 'told-tape', { ...good, source: { kind: 'tape' } }),
    started('with a word for a time', 'told-soon', { ...good, repairWithinSeconds: 'soon' }),
    {
      what: 'a run that was told nothing is to be done again',
      argv: ['runs', 'repair', 'to-be-told'],
      ends: 2,
      servers: true,
      async before(world) {
        await world.startRun('to-be-told', []);
      },
    },
    scheduled('without an input', 'tells-nothing'),
    scheduled('with a parameter out of range', 'tells-zero', { ...good, parameters: { epochs: 0 } }),
  ],
};
