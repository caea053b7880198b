import { createWasmEngine } from '../../predictor/engine/wasm/wasm-engine.js';
import { initialState } from '../../predictor/model/initialise.js';
import {
  type ModelShape,
  type ModelWeights,
  sizeOf,
  type WeightName,
  weightShapes,
} from '../../predictor/model/weights.js';
import { RandomState } from '../../predictor/random.js';
import type { SplitWindows, WindowSet } from '../../predictor/windows/window-set.js';

/** Random windows of a small made-up table, the same for the same seed. */
export function randomWindows(shape: ModelShape, count: number, seed = 1): WindowSet {
  const random = new RandomState(seed);
  const rows = count + shape.steps;
  return {
    features: Float32Array.from({ length: rows * shape.features }, () => random.uniform()),
    featureCount: shape.features,
    steps: shape.steps,
    firstRow: Int32Array.from({ length: count }, (_, index) => index),
    label: Uint8Array.from({ length: count }, () => (random.uniform() < 0.7 ? 1 : 0)),
  };
}

/** The same as two parts. */
export function randomSplit(shape: ModelShape, train: number, test: number): SplitWindows {
  const all = randomWindows(shape, train + test);
  const part = (from: number, to: number): WindowSet => ({
    ...all,
    firstRow: all.firstRow.slice(from, to),
    label: all.label.slice(from, to),
  });
  return { train: part(0, train), test: part(train, train + test) };
}

/** Random weights, biases included, large enough that each gate and each order of gates shows in the prediction. */
export function randomWeights(shape: ModelShape, seed = 1): ModelWeights {
  const random = new RandomState(seed);
  const entries = Object.entries(weightShapes(shape)).map(([name, axes]) => {
    const length = sizeOf(axes);
    const limit = axes.length === 1 ? 0.5 : Math.sqrt(6 / (axes[0]! + axes[1]!));
    return [name, Float32Array.from({ length }, () => limit * (2 * random.uniform() - 1))];
  });
  return Object.fromEntries(entries) as Record<WeightName, Float32Array>;
}

/** What our engine says of each window. */
export async function enginePredictions(
  shape: ModelShape,
  weights: ModelWeights,
  windows: WindowSet,
): Promise<Float32Array> {
  const options = { shape, batchSize: 32, learningRate: 0.001, dropout: 0.2, seed: 1 };
  const engine = await createWasmEngine(options);
  engine.load({ ...initialState(shape, 0), weights });
  return engine.predict(windows);
}

/** The same windows as one tensor's values, [windows × steps × features]. */
export function windowValues({ features, featureCount, steps, firstRow }: WindowSet): number[] {
  return Array.from(firstRow).flatMap((row) =>
    Array.from(features.subarray(row * featureCount, (row + steps) * featureCount)),
  );
}
