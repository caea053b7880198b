import type { ModelShape, ModelWeights, WeightName } from '../../../predictor/model/weights.js';
import { weightNames } from '../../../predictor/model/weights.js';
import type { WindowSet } from '../../../predictor/windows/window-set.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/**
 * The model in float64, slow and by the book: mean loss of a batch.
 * @param mask what the LSTM's last output is multiplied by, per row of the batch and unit
 */
export function referenceLoss(
  shape: ModelShape,
  weights: Readonly<Record<WeightName, ArrayLike<number>>>,
  windows: WindowSet,
  order: Int32Array,
  mask: (row: number, unit: number) => number = () => 1,
): number {
  const { steps, features, units, denseUnits } = shape;
  let total = 0;
  for (const [row, window] of order.entries()) {
    let h = new Float64Array(units);
    const c = new Float64Array(units);
    for (let t = 0; t < steps; t++) {
      const next = new Float64Array(units);
      const at = (windows.firstRow[window]! + t) * features;
      for (let u = 0; u < units; u++) {
        const z = [0, 1, 2, 3].map((gate) => {
          const column = gate * units + u;
          let sum = weights.lstmBias[column]!;
          for (let f = 0; f < features; f++) {
            sum += windows.features[at + f]! * weights.lstmKernel[f * 4 * units + column]!;
          }
          for (let k = 0; k < units; k++) sum += h[k]! * weights.lstmRecurrentKernel[k * 4 * units + column]!;
          return sum;
        });
        const cell = sigmoid(z[1]!) * c[u]! + sigmoid(z[0]!) * Math.tanh(z[2]!);
        c[u] = cell;
        next[u] = sigmoid(z[3]!) * Math.tanh(cell);
      }
      h = next;
    }
    let logit = weights.outputBias[0]!;
    for (let d = 0; d < denseUnits; d++) {
      let sum = weights.denseBias[d]!;
      for (let u = 0; u < units; u++) sum += h[u]! * mask(row, u) * weights.denseKernel[u * denseUnits + d]!;
      logit += Math.max(0, sum) * weights.outputKernel[d]!;
    }
    const y = windows.label[window]!;
    total += Math.max(logit, 0) - logit * y + Math.log1p(Math.exp(-Math.abs(logit)));
  }
  return total / order.length;
}

/** Slope of the reference loss along a direction, by central differences. */
export function referenceSlope(
  weights: ModelWeights,
  direction: Readonly<Record<WeightName, Float64Array>>,
  loss: (weights: Readonly<Record<WeightName, Float64Array>>) => number,
): number {
  const step = 1e-6;
  const moved = (sign: number) =>
    Object.fromEntries(
      weightNames.map((name) => [
        name,
        Float64Array.from(weights[name], (value, index) => value + sign * step * direction[name][index]!),
      ]),
    ) as Record<WeightName, Float64Array>;
  return (loss(moved(1)) - loss(moved(-1))) / (2 * step);
}
