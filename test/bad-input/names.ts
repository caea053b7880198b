import assert from 'node:assert/strict';
import type { BadInput, BadInputs } from './case.js';

const climbs = '../../etc/passwd';
const absolute = '/etc/passwd';
/** Clears the screen and sets the window's title. */
const control = 'a\u001b[2J\u001b]0;b\u0007';
const long = 'x'.repeat(201);

const names = (what: string, ...argv: string[]): BadInput => ({ what, argv, ends: 2, servers: true });
const artifact = (what: string, run: string, ...words: string[]): BadInput => ({
  ...{ what, argv: ['artifacts', 'get', run, ...words], ends: 2, servers: true },
  before: (world) => world.publish(run),
});

/** A run of that name that another client starts: it ends at once, no stage is tried, and nothing goes into the bucket. */
function listed(what: string, run: string, row: RegExp, ...more: string[]): BadInput {
  return {
    ...{ what: `another client names a run ${what}`, argv: ['runs', 'list', '--limit', '1000'], ends: 0 },
    ...{ servers: true, shows: row },
    async before(world) {
      const input = { source: { kind: 'synthetic' }, parameters: { epochs: 1 } };
      assert.equal(await world.startRun(run, [input]), 0);
      for (const prefix of more) await world.expectNone(prefix);
    },
  };
}

export const foreignNames: BadInputs = {
  title: 'Names',
  cases: [
    names('a run with a path that climbs out', 'runs', 'show', climbs),
    names('a run with an absolute path', 'artifacts', 'list', absolute),
    names('a run with control characters', 'runs', 'watch', control),
    names('a run with a name that is too long', 'runs', 'cancel', long),
    names('a run without a name', 'artifacts', 'verify', ''),
    names('a run to be deleted with a path that climbs out', 'runs', 'delete', climbs, '--force'),
    names('a run to be repaired with a path that climbs out', 'runs', 'repair', climbs),
    artifact('an artifact with a path that climbs out', 'named-1', climbs),
    artifact('an artifact with an absolute path', 'named-2', absolute),
    artifact('an artifact with control characters', 'named-3', control),
    names('a schedule with a path that climbs out', 'schedule', 'show', climbs),
    names(
      'a new schedule with control characters',
      'schedule',
      'create',
      control,
      '--every',
      '1d',
      '--source',
      'synthetic',
    ),
    names('a command with control characters', control),
    names('a flag with control characters', 'runs', 'list', `--${control}`),
    listed('by a path that climbs out', climbs, /etc\/passwd/, 'etc/', 'passwd'),
    listed('with control characters', control, /^a\ufffd/),
    listed('with a line break', 'two\nlines', /two/),
    listed('by a name that is too long', long, /x{201}/),
    listed('`latest`, which means another', 'latest', /^latest /, 'runs/latest/'),
  ],
};
