import { firstMoments, gradients, parameterBytes, secondMoments, weights } from './memory';
import { multiplyAdd, splat } from './vector';

/**
 * One step of Adam (D. P. Kingma and J. Ba, 2015, the reordered form at the end of section 2, as in Keras): β₁ = 0.9,
 * β₂ = 0.999, ε = 1e-7 outside the square root.
 * @param rate learning rate × √(1 − β₂ᵗ) / (1 − β₁ᵗ)
 */
export function adam(rate: f32): void {
  const alpha = splat(rate);
  const oneLessBeta1 = splat(0.1);
  const oneLessBeta2 = splat(0.001);
  const epsilon = splat(1e-7);
  for (let at: usize = 0; at < parameterBytes; at += 16) {
    const gradient = v128.load(gradients + at);
    const first = v128.load(firstMoments + at);
    const second = v128.load(secondMoments + at);
    const m = multiplyAdd(f32x4.sub(gradient, first), oneLessBeta1, first);
    const v = multiplyAdd(f32x4.sub(f32x4.mul(gradient, gradient), second), oneLessBeta2, second);
    v128.store(firstMoments + at, m);
    v128.store(secondMoments + at, v);
    const change = f32x4.div(f32x4.mul(m, alpha), f32x4.add(f32x4.sqrt(v), epsilon));
    v128.store(weights + at, f32x4.sub(v128.load(weights + at), change));
  }
}

/**
 * Scales all gradients by norm / ‖gradients‖ where their Euclidean norm, over all weights together, is above `norm`
 * (R. Pascanu, T. Mikolov and Y. Bengio, 2013; Keras's `global_clipnorm`). The squares are added in float64.
 */
export function clipByNorm(norm: f32): void {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let at: usize = 0; at < parameterBytes; at += 16) {
    const gradient = v128.load(gradients + at);
    const first = f64x2.promote_low_f32x4(gradient);
    const second = f64x2.promote_low_f32x4(v128.shuffle<i64>(gradient, gradient, 1, 0));
    low = f64x2.add(low, f64x2.mul(first, first));
    high = f64x2.add(high, f64x2.mul(second, second));
  }
  const sums = f64x2.add(low, high);
  const length = sqrt<f64>(f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1));
  if (length <= <f64>norm) return;
  const scale = splat(<f32>(<f64>norm / length));
  for (let at: usize = 0; at < parameterBytes; at += 16) {
    v128.store(gradients + at, f32x4.mul(v128.load(gradients + at), scale));
  }
}
