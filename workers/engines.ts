import { inspectTensorflow, loadTensorflow } from '../adapters/tensorflow.js';
import type { TensorflowState } from '../predictor/engine/choose-engine.js';
import { createTensorflowEngine } from '../predictor/engine/tensorflow/tensorflow-engine.js';
import { createWasmEngine } from '../predictor/engine/wasm/wasm-engine.js';
import type { EngineFactory } from '../predictor/training-job.js';

/** Makes the engine that a run has decided on. */
export const createEngine: EngineFactory = async (choice, options) =>
  choice.engine === 'wasm'
    ? createWasmEngine(options)
    : createTensorflowEngine(loadTensorflow(choice.device), options);

/** What TensorFlow finds on this machine. It loads TensorFlow: for the training child alone. */
export function probeTensorflow(): Promise<TensorflowState> {
  return Promise.resolve().then(inspectTensorflow);
}
