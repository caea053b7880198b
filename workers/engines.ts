import { processorName } from '../adapters/machine.js';
import { inspectTensorflow, loadTensorflow } from '../adapters/tensorflow.js';
import type { TensorflowState } from '../predictor/engine/choose-engine.js';
import { createTensorflowEngine } from '../predictor/engine/tensorflow/tensorflow-engine.js';
import { wasmRuntime as kernelRuntime } from '../predictor/engine/wasm/kernel-module.js';
import { createWasmEngine } from '../predictor/engine/wasm/wasm-engine.js';
import { EngineUnavailableError } from '../predictor/errors.js';
import type { EngineFactory } from '../predictor/training-job.js';

/** All that decides the bits of the WebAssembly engine on this machine. */
export function wasmRuntime(fastMath: boolean): string {
  return kernelRuntime(fastMath ? processorName() : undefined);
}

/** Makes the engine that a run has decided on. */
export const createEngine: EngineFactory = async (plan, options) => {
  if (plan.engine === 'wasm') {
    checkRuntime(plan.runtime, wasmRuntime(plan.fastMath));
    return createWasmEngine(options);
  }
  const tensorflow = loadTensorflow(plan.device);
  checkRuntime(plan.runtime, tensorflow.fingerprint);
  return createTensorflowEngine(tensorflow, options);
};

/** Another runtime may give other last bits: a training that began on one does not go on with another. */
function checkRuntime(planned: string, here: string): void {
  if (planned === here) return;
  throw new EngineUnavailableError(
    `Expected the engine that this run was planned with (${planned}), got ${here} on this worker: it goes on where a ` +
      'worker of that kind takes it up',
  );
}

/** What TensorFlow finds on this machine. It loads TensorFlow: for the training child alone. */
export function probeTensorflow(): Promise<TensorflowState> {
  return Promise.resolve().then(inspectTensorflow);
}
