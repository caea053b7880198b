import assert from 'node:assert/strict';
import { createWasmEngine } from '../../predictor/engine/wasm/wasm-engine.js';
import { initialState } from '../../predictor/model/initialise.js';
import { ensureKernel, switchRelaxedSimd } from '../support/kernel.js';
import { kerasGolden, largestDifference, notebook } from '../support/keras-golden.js';

describe("from Keras's initial weights", () => {
  before(async () => {
    await ensureKernel();
    switchRelaxedSimd(true);
  });
  after(() => switchRelaxedSimd(false));

  const claim = "200 steps have Keras's losses, and lead to its weights and predictions";
  const followsKeras = async (context: Mocha.Context, fastMath: boolean) => {
    const { golden, weights, after, train, predicted } = await kerasGolden(context);

    const options = { shape: notebook, batchSize: golden.batch_size, learningRate: 0.001, dropout: 0, seed: 0, fastMath };
    const engine = await createWasmEngine(options);
    engine.load({ ...initialState(notebook, 0), weights });
    assert.ok(largestDifference(await engine.predict(predicted), golden.initial_predictions) < 1e-6);

    const losses: number[] = [];
    for (let step = 0; step < golden.loss_per_step.length; step++) {
      const first = step * golden.batch_size;
      const batch = Int32Array.from({ length: golden.batch_size }, (_, row) => first + row);
      losses.push((await engine.trainEpoch(train, batch)).loss);
    }
    assert.equal(losses.length, 200);
    assert.ok(largestDifference(losses, golden.loss_per_step) < 1e-5);
    assert.ok(largestDifference(await engine.predict(predicted), golden.final_predictions) < 1e-5);
    const { weights: ours } = engine.save();
    for (const [name, values] of Object.entries(after)) {
      const difference = largestDifference(ours[name as keyof typeof ours], values as Float32Array);
      assert.ok(difference < 1e-4, `${name}: ${difference}`);
    }
  };

  it(claim, function () {
    return followsKeras(this, false);
  });

  it(`${claim}, with fastMath too`, function () {
    return followsKeras(this, true);
  });
});
