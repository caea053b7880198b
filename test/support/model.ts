import type { ModelShape } from '../../predictor/model/weights.js';
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
