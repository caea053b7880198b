import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pack, packedLayout, unpack } from '../../../predictor/engine/wasm/packed-layout.js';
import { initialWeights } from '../../../predictor/model/initialise.js';
import { parameterCount } from '../../../predictor/model/weights.js';

const shapes = fc.record({
  steps: fc.constant(2),
  features: fc.integer({ min: 1, max: 5 }),
  units: fc.integer({ min: 1, max: 20 }),
  denseUnits: fc.integer({ min: 1, max: 20 }),
});

describe("the kernel's layout of weights", () => {
  it('gives each weight a place of its own', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { size, places } = packedLayout(shape);
        const all = Object.values(places).flatMap((place) => Array.from(place));
        assert.equal(new Set(all).size, parameterCount(shape));
        assert.ok(all.every((place) => place >= 0 && place < size));
        assert.equal(size % 4, 0);
      }),
      { numRuns: 50 },
    );
  });

  it('gives back what was packed, and zero in the padding', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const layout = packedLayout(shape);
        const weights = initialWeights(shape, 3);
        const block = new Float32Array(layout.size).fill(9);
        pack(layout, weights, block);
        assert.deepEqual(unpack(layout, block), weights);
        const used = new Set(Object.values(layout.places).flatMap((place) => Array.from(place)));
        assert.ok(block.every((value, place) => used.has(place) || value === 0));
      }),
      { numRuns: 30 },
    );
  });
});
