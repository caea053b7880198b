import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createWasmEngine } from '../../predictor/engine/wasm/wasm-engine.js';
import { initialState } from '../../predictor/model/initialise.js';
import { readKerasWeights } from '../../predictor/publishing/keras-file.js';
import { parseRatings } from '../../predictor/ratings/parse.js';
import { buildRatingsTable } from '../../predictor/ratings/ratings-table.js';
import { buildWindowTable, decodeWindows, encodeWindows } from '../../predictor/windows/window-table.js';
import { ensureKernel, switchRelaxedSimd } from '../support/kernel.js';
import { requireShared } from '../support/shared-folder.js';

interface Golden {
  readonly batch_size: number;
  readonly loss_per_step: readonly number[];
  readonly initial_predictions: readonly number[];
  readonly final_predictions: readonly number[];
}

const shape = { steps: 5, features: 2, units: 64, denseUnits: 32 };
const largestDifference = (got: ArrayLike<number>, expected: readonly number[]) =>
  Math.max(...expected.map((value, index) => Math.abs(got[index]! - value)));

describe("from Keras's initial weights", () => {
  before(async () => {
    await ensureKernel();
    switchRelaxedSimd(true);
  });
  after(() => switchRelaxedSimd(false));

  const claim = "200 steps have Keras's losses, and lead to its weights and predictions";
  const followsKeras = async (context: Mocha.Context, fastMath: boolean) => {
    const golden = JSON.parse(await readFile(requireShared(context, 'golden/keras.json'), 'utf8')) as Golden;
    const weights = await readKerasWeights(await readFile(requireShared(context, 'golden/keras_init.h5')), shape);
    const after = await readKerasWeights(await readFile(requireShared(context, 'golden/keras_200.h5')), shape);
    const ratings = buildRatingsTable(parseRatings(await readFile(requireShared(context, 'data/ml-100k/u.data'))));
    const parameters = { sequenceLength: 5, bingeThreshold: 7200, testSize: 0.2, seed: 42 };
    const { train, test } = decodeWindows(encodeWindows(buildWindowTable(ratings, parameters)), ratings);
    const some = { ...test, firstRow: test.firstRow.slice(0, 64), label: test.label.slice(0, 64) };

    const options = { shape, batchSize: golden.batch_size, learningRate: 0.001, dropout: 0, seed: 0, fastMath };
    const engine = await createWasmEngine(options);
    engine.load({ ...initialState(shape, 0), weights });
    assert.ok(largestDifference(await engine.predict(some), golden.initial_predictions) < 1e-6);

    const losses: number[] = [];
    for (let step = 0; step < golden.loss_per_step.length; step++) {
      const first = step * golden.batch_size;
      const batch = Int32Array.from({ length: golden.batch_size }, (_, row) => first + row);
      losses.push((await engine.trainEpoch(train, batch)).loss);
    }
    assert.equal(losses.length, 200);
    assert.ok(largestDifference(losses, golden.loss_per_step) < 1e-5);
    assert.ok(largestDifference(await engine.predict(some), golden.final_predictions) < 1e-5);
    const { weights: ours } = engine.save();
    for (const [name, values] of Object.entries(after)) {
      const difference = largestDifference(ours[name as keyof typeof ours], Array.from(values as Float32Array));
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
