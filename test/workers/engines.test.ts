import assert from 'node:assert/strict';
import { createEngine, wasmRuntime } from '../../workers/engines.js';
import { ensureKernel } from '../support/kernel.js';
import { wasmPlan } from '../support/training-job.js';

const options = {
  shape: { steps: 2, features: 2, units: 4, denseUnits: 2 },
  ...{ batchSize: 4, learningRate: 0.01, dropout: 0, seed: 1 },
};

describe('the engine of a plan', () => {
  before(() => ensureKernel());

  it('is named by its code, and with fastMath by the processor, too', () => {
    assert.match(wasmRuntime(false), /^wasm [0-9a-f]{12}$/);
    assert.match(wasmRuntime(true), /^wasm fast-math [0-9a-f]{12} \S+/);
    assert.notEqual(wasmRuntime(true).split(' ')[2], wasmRuntime(false).split(' ')[1]);
  });

  it('is made where it is the one that was planned, and nowhere else', async () => {
    assert.equal((await createEngine(wasmPlan(), options)).name, 'wasm');
    const other = { ...wasmPlan(), runtime: 'wasm 000000000000' };
    await assert.rejects(createEngine(other, options), {
      name: 'EngineUnavailableError',
      message: /planned with \(wasm 0{12}\), got wasm [0-9a-f]{12} on this worker/,
    });
  });
});
