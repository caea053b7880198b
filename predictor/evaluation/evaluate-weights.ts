import { createWasmEngine } from '../engine/wasm/wasm-engine.js';
import { initialState } from '../model/initialise.js';
import type { ModelShape, ModelWeights } from '../model/weights.js';
import type { WindowSet } from '../windows/window-set.js';
import { evaluatePredictions, type TestMetrics } from './metrics.js';

/**
 * How well a model foretells the labels of windows whose features are scaled as it was trained.
 * @throws InvalidDataError if there is no window; OutOfMemoryError
 */
export async function evaluateWeights(
  shape: ModelShape,
  weights: ModelWeights,
  windows: WindowSet,
): Promise<TestMetrics> {
  const engine = await createWasmEngine({ shape, batchSize: 32, learningRate: 0.001, dropout: 0, seed: 0 });
  engine.load({ ...initialState(shape, 0), weights });
  return evaluatePredictions(await engine.predict(windows), windows.label);
}
