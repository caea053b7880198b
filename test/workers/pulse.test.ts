import assert from 'node:assert/strict';
import { takesWork, type WorkerSigns } from '../../workers/pulse.js';

describe('a worker', () => {
  const now = 1_000_000_000;
  const idle: WorkerSigns = { state: 'RUNNING', activitiesInFlight: 0, polledAt: now - 20_000 };

  const cases: readonly [string, Partial<WorkerSigns>, boolean][] = [
    ['takes work while the server sees it poll', {}, true],
    ['takes none if the server knows no poller of its name', { polledAt: undefined }, false],
    ['takes none if its last poll is long ago', { polledAt: now - 80_000 }, false],
    ['may have its hands full and not poll', { polledAt: now - 600_000, activitiesInFlight: 1 }, true],
    [
      'takes none while it drains, whatever it still does',
      { state: 'DRAINING', activitiesInFlight: 1 },
      false,
    ],
    ['takes none before it runs', { state: 'INITIALIZED' }, false],
  ];
  for (const [title, signs, expected] of cases) {
    it(title, () => assert.equal(takesWork({ ...idle, ...signs }, now), expected));
  }
});
