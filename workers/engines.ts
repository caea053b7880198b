import type { TensorflowState } from '../predictor/engine/choose-engine.js';
import { createWasmEngine } from '../predictor/engine/wasm/wasm-engine.js';
import { EngineUnavailableError } from '../predictor/errors.js';
import type { EngineFactory } from '../predictor/training-job.js';

/** Makes the engine that a run has decided on. */
export const createEngine: EngineFactory = (choice, options) => {
  if (choice.engine === 'wasm') return createWasmEngine(options);
  throw new EngineUnavailableError('TensorFlow is not part of this build: --engine wasm');
};

/** What TensorFlow finds on this machine. */
export function probeTensorflow(): Promise<TensorflowState> {
  return Promise.resolve({ available: false, gpu: false, reason: 'it is not part of this build' });
}
