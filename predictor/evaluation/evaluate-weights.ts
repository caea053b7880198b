import { createWasmPredictor } from '../engine/wasm/wasm-predictor.js';
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
  { features, featureCount, steps, firstRow, label }: WindowSet,
): Promise<TestMetrics> {
  const predictor = await createWasmPredictor(shape, weights);
  const probabilities = await predictor.predict(label.length, (values, from, to) => {
    for (let window = from; window < to; window++) {
      const first = firstRow[window]! * featureCount;
      values.set(
        features.subarray(first, first + steps * featureCount),
        (window - from) * steps * featureCount,
      );
    }
  });
  return evaluatePredictions(probabilities, label);
}
