import assert from 'node:assert/strict';
import fc from 'fast-check';
import { deriveSeed, RandomState } from '../../predictor/random.js';

describe("RandomState, NumPy's", () => {
  it('gives the numbers that numpy.random.RandomState gives', () => {
    assert.deepEqual(Array.from(new RandomState(42).permutation(10)), [8, 1, 5, 0, 7, 2, 9, 4, 3, 6]);
    assert.deepEqual(Array.from(new RandomState(4_294_967_295).permutation(5)), [4, 1, 0, 2, 3]);
    assert.deepEqual(Array.from(new RandomState(0).permutation(2)), [1, 0]);
    assert.deepEqual(Array.from(new RandomState(1).permutation(2)), [0, 1]);
    assert.deepEqual(Array.from(new RandomState(123_456_789).permutation(7)), [6, 3, 5, 1, 2, 4, 0]);
    const large = new RandomState(42).permutation(99_057);
    assert.deepEqual(Array.from(large.subarray(0, 4)), [91_832, 67_662, 11_098, 88_892]);
    assert.deepEqual(Array.from(large.subarray(-4)), [54_886, 76_820, 860, 15_795]);
    const random = new RandomState(42);
    assert.deepEqual(
      [random.uniform(), random.uniform(), random.uniform()],
      [0.3745401188473625, 0.9507143064099162, 0.7319939418114051],
    );
  });

  it('permutes nothing, and one thing', () => {
    assert.deepEqual(Array.from(new RandomState(1).permutation(0)), []);
    assert.deepEqual(Array.from(new RandomState(1).permutation(1)), [0]);
  });

  it('makes a permutation for any count and seed', () => {
    fc.assert(
      fc.property(fc.nat(700), fc.nat(4_294_967_295), (count, seed) => {
        const sorted = new RandomState(seed).permutation(count).sort();
        assert.ok(sorted.every((value, index) => value === index));
      }),
    );
  });

  it('stays within an interval, and reaches its ends', () => {
    const random = new RandomState(3);
    const drawn = new Set(Array.from({ length: 200 }, () => random.interval(4)));
    assert.deepEqual([...drawn].sort(), [0, 1, 2, 3, 4]);
  });
});

describe('a derived seed', () => {
  it('differs by seed, purpose and index', () => {
    const seeds = [1, 2].flatMap((seed) =>
      (['epochOrder', 'dropoutKey'] as const).flatMap((purpose) =>
        [0, 1, 2].map((index) => deriveSeed(seed, purpose, index)),
      ),
    );
    assert.equal(new Set(seeds).size, seeds.length);
  });
});
