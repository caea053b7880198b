import assert from 'node:assert/strict';
import { evaluateWeights } from '../../../predictor/evaluation/evaluate-weights.js';
import { evaluatePredictions } from '../../../predictor/evaluation/metrics.js';
import { initialState } from '../../../predictor/model/initialise.js';
import { ensureKernel } from '../../support/kernel.js';
import { enginePredictions, randomWeights, randomWindows } from '../../support/model.js';

describe('evaluating weights', () => {
  before(() => ensureKernel());

  it("gives the metrics of the training engine's predictions, whatever the order and number of windows", async () => {
    const shape = { steps: 3, features: 2, units: 9, denseUnits: 4 };
    const weights = randomWeights(shape);
    // More than one block of the predictor, and a part of one.
    for (const count of [1, 33, 2_059]) {
      const windows = randomWindows(shape, count);
      windows.firstRow.reverse();
      assert.deepEqual(
        await evaluateWeights(shape, weights, windows),
        evaluatePredictions(await enginePredictions(shape, weights, windows), windows.label),
      );
    }
  });

  it('draws no weights of its own, which takes a large model seconds', async () => {
    const shape = { steps: 2, features: 2, units: 200, denseUnits: 8 };
    const windows = randomWindows(shape, 3);
    const weights = randomWeights(shape);
    await evaluateWeights(shape, weights, windows);
    const started = performance.now();
    await evaluateWeights(shape, weights, windows);
    const evaluated = performance.now();
    initialState(shape, 0);
    const drawn = performance.now();
    assert.ok((evaluated - started) * 3 < drawn - evaluated, `${evaluated - started} ms`);
  });
});
