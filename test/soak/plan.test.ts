import assert from 'node:assert/strict';
import fc from 'fast-check';
import { faultWeights, pick, planFaults } from './plan.js';

const seeds = fc.nat(4_000_000_000);

describe('the plan of a soak', () => {
  it('is the same for the same seed, and another for another', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        assert.deepEqual(planFaults(seed, 5), planFaults(seed, 5));
        assert.notDeepEqual(planFaults(seed, 5), planFaults(seed + 1, 5));
      }),
    );
  });

  it('begins alike whatever its length', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const short = planFaults(seed, 2);
        assert.deepEqual(planFaults(seed, 9).slice(0, short.length), short);
      }),
    );
  });

  it('leaves nine seconds at most without a fault, and forgets none in an hour', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const faults = planFaults(seed, 60);
        const times = [0, ...faults.map(({ atMs }) => atMs), 3_600_000];
        for (const [index, time] of times.slice(1).entries()) {
          assert.ok(time - times[index]! > 0 && time - times[index]! <= 9000);
        }
        assert.deepEqual(new Set(faults.map(({ name }) => name)), new Set(Object.keys(faultWeights)));
      }),
      { numRuns: 20 },
    );
  });

  it('picks one of what is there', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (items, which) => {
          assert.ok(items.includes(pick(items, which)!));
        },
      ),
    );
    assert.equal(pick<number>([], 0.5), undefined);
  });
});
