import type { WindowSet } from '../../windows/window-set.js';
import { dropoutKeys, dropoutMask } from '../dropout-mask.js';
import type { EngineOptions } from '../engine.js';
import type { LabelledBatch } from './model.js';
import type { TensorId } from './runtime.js';
import type { Tensors } from './tensors.js';

/** The batches of some steps, on the device. */
export interface ReadyBatches {
  readonly batches: readonly LabelledBatch[];
  /** All that is to be deleted when the steps are done. */
  readonly tensors: readonly TensorId[];
}

/**
 * Hands over the batches of some steps: one tensor of each kind, taken apart on the device.
 * @param chosen windows of the batches, one batch of `rows` after the other
 * @param step Adam steps taken before the first of them
 */
export function readyBatches(
  tensors: Tensors,
  { shape, dropout, seed, classWeights = [1, 1] }: EngineOptions,
  windows: WindowSet,
  chosen: Int32Array,
  rows: number,
  step: number,
): ReadyBatches {
  const { steps, features, units } = shape;
  const count = chosen.length / rows;
  const labels = Uint8Array.from(chosen, (window) => windows.label[window]!);
  const scales = Float32Array.from(labels, (label) => classWeights[label === 1 ? 1 : 0] / rows);
  const handOver = (axes: readonly number[], values: Float32Array) =>
    tensors.unpack(tensors.floats([count, ...axes], values), count);
  const made = tensors.tidy(() => [
    ...handOver([steps, rows, features], gatherWindows(windows, chosen, rows)),
    ...handOver([rows, 1], Float32Array.from(labels)),
    ...handOver([rows, 1], scales),
    ...(dropout > 0
      ? handOver([rows, units], dropoutMasks({ dropout, seed, step, count, rows, units }))
      : []),
  ]);
  const batches = Array.from({ length: count }, (_, index) => {
    const [x, y, scale, mask] = [0, 1, 2, 3].map((kind) => made[kind * count + index]);
    const theirs = labels.subarray(index * rows, (index + 1) * rows);
    return { rows, x: x!, y: y!, labels: theirs, scale: scale!, ...(mask === undefined ? {} : { mask }) };
  });
  return { batches, tensors: made };
}

/** Features of the chosen windows, in the order that the recurrence takes them: [batches, steps, rows, features]. */
export function gatherWindows(
  { features, firstRow, featureCount, steps }: WindowSet,
  chosen: Int32Array,
  rows: number,
): Float32Array {
  const values = new Float32Array(chosen.length * steps * featureCount);
  let at = 0;
  for (let first = 0; first < chosen.length; first += rows) {
    for (let step = 0; step < steps; step++) {
      for (let row = first; row < first + rows; row++) {
        const from = (firstRow[chosen[row]!]! + step) * featureCount;
        for (let feature = 0; feature < featureCount; feature++) values[at++] = features[from + feature]!;
      }
    }
  }
  return values;
}

/** The masks of `count` steps (dropout-mask.ts): [count, rows, units]. */
export function dropoutMasks({
  dropout,
  seed,
  step,
  count,
  rows,
  units,
}: Readonly<Record<'dropout' | 'seed' | 'step' | 'count' | 'rows' | 'units', number>>): Float32Array {
  const values = new Float32Array(count * rows * units);
  let at = 0;
  for (let index = 0; index < count; index++) {
    const keys = dropoutKeys(dropout, seed, step + index);
    for (let row = 0; row < rows; row++) {
      for (let unit = 0; unit < units; unit++) values[at++] = dropoutMask(keys, row, unit);
    }
  }
  return values;
}
