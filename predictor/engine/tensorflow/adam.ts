import type { TensorId } from './runtime.js';
import type { Tensors } from './tensors.js';

/** Parameters and Adam's moments, flat. */
export type FlatState = readonly [weights: TensorId, firstMoment: TensorId, secondMoment: TensorId];

/**
 * Adam from elementwise kernels, in the order of operations of Keras and of our own kernel (wasm/kernel/adam.ts).
 * TensorFlow's ResourceApplyAdam takes 1 − β₂ in float32, 1.3e-5 off, and the losses with it.
 */
export function createAdam(tensors: Tensors, clipNorm = 0) {
  const [oneLessBeta1, oneLessBeta2, epsilon] = [0.1, 0.001, 1e-7].map((value) => tensors.scalar(value)) as [
    TensorId,
    TensorId,
    TensorId,
  ];
  const two = tensors.scalar(2);
  const limit = tensors.scalar(clipNorm);

  /** Scales by limit / max(norm, limit), with the norm over all weights together. */
  function clip(gradient: TensorId): TensorId {
    const norm = tensors.squareRoot(tensors.multiply(tensors.halfSquaredNorm(gradient), two));
    return tensors.multiply(gradient, tensors.divide(limit, tensors.maximum(norm, limit)));
  }

  /** The moment, moved towards `target` by the share `rate` of the way. */
  function approach(moment: TensorId, target: TensorId, rate: TensorId): TensorId {
    return tensors.add(tensors.multiply(tensors.subtract(target, moment), rate), moment);
  }

  /** @param rate learning rate × √(1 − β₂ᵗ) / (1 − β₁ᵗ), a scalar */
  return function update([weights, first, second]: FlatState, gradient: TensorId, rate: TensorId): FlatState {
    const clipped = clipNorm > 0 ? clip(gradient) : gradient;
    const m = approach(first, clipped, oneLessBeta1);
    const v = approach(second, tensors.multiply(clipped, clipped), oneLessBeta2);
    const change = tensors.divide(tensors.multiply(m, rate), tensors.add(tensors.squareRoot(v), epsilon));
    return [tensors.subtract(weights, change), m, v];
  };
}
