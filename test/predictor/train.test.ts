import assert from 'node:assert/strict';
import { createWasmEngine } from '../../predictor/engine/wasm/wasm-engine.js';
import { InvalidWeightsError } from '../../predictor/errors.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../predictor/model/checkpoint.js';
import { epochOrder, train, type TrainReports } from '../../predictor/train.js';
import { ensureKernel } from '../support/kernel.js';
import { randomSplit } from '../support/model.js';

const shape = { steps: 3, features: 2, units: 8, denseUnits: 4 };
const data = randomSplit(shape, 70, 20);

async function trained(epochs: number, resumeFrom?: Checkpoint, reports?: TrainReports, seed = 11) {
  const engine = await createWasmEngine({ shape, batchSize: 16, learningRate: 0.01, dropout: 0.2, seed });
  const options = { shape, epochs, seed, fingerprint: 'f', ...(resumeFrom ? { resumeFrom } : {}) };
  return train(engine, data, options, reports);
}

describe('training', () => {
  before(() => ensureKernel());

  it('visits the windows in another order each epoch, and in the same again', () => {
    assert.deepEqual(epochOrder(50, 1, 2), epochOrder(50, 1, 2));
    assert.notDeepEqual(epochOrder(50, 1, 2), epochOrder(50, 1, 3));
    assert.notDeepEqual(epochOrder(50, 1, 2), epochOrder(50, 2, 2));
  });

  it('reports each epoch, with the loss on the test part', async () => {
    const reported: number[] = [];
    const checkpoint = await trained(3, undefined, { onEpoch: (_, { epoch }) => void reported.push(epoch) });
    assert.deepEqual(reported, [1, 2, 3]);
    assert.equal(checkpoint.epoch, 3);
    assert.equal(checkpoint.state.step, 3 * Math.ceil(70 / 16));
    assert.ok(checkpoint.history.every(({ valLoss, valAccuracy }) => valLoss > 0 && valAccuracy <= 1));
  });

  it('ends with the same bytes whatever epoch it was stopped after', async () => {
    const whole = encodeCheckpoint(await trained(4));
    for (const stop of [0, 1, 3]) {
      const part = decodeCheckpoint(encodeCheckpoint(await trained(stop)));
      assert.deepEqual(encodeCheckpoint(await trained(4, part)), whole, `stopped after ${stop}`);
    }
  });

  it('gives another model for another seed', async () => {
    assert.notDeepEqual(
      (await trained(1, undefined, {}, 12)).state.weights,
      (await trained(1)).state.weights,
    );
  });

  it('refuses a checkpoint of another training', async () => {
    const other = { ...(await trained(1)), fingerprint: 'other' };
    await assert.rejects(trained(2, other), InvalidWeightsError);
  });
});
