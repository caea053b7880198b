import { firstMoments, gradients, parameterBytes, secondMoments, weights } from './memory';
import { constant, multiplyAdd } from './vector';

// 1 − β₁, 1 − β₂, ε; below which moments count as zero, first and second; the bits of |x|; the rate.
const constants = memory.data<f32>([0.1, 0.001, 1e-7, 1e-17, 1e-33, 0, 0]);
store<i32>(constants, 0x7fffffff, 20);

/**
 * One step of Adam (D. P. Kingma and J. Ba, 2015, the reordered form at the end of section 2, as in Keras): β₁ = 0.9,
 * β₂ = 0.999, ε = 1e-7 outside the square root.
 *
 * First moments below 1e-17 and second moments below 1e-33 become zero: too small to move a weight. A unit that has died
 * has gradients of zero; its moments would fade to denormal numbers and stay there, and each of those costs the processor
 * a hundred cycles. (TensorFlow sets the processor to take denormals for zero, which WebAssembly cannot.)
 * @param rate learning rate × √(1 − β₂ᵗ) / (1 − β₁ᵗ)
 */
export function adam(rate: f32): void {
  store<f32>(constants, rate, 24);
  let g = gradients, m = firstMoments, v = secondMoments, w = weights;
  const end = w + parameterBytes;
  do {
    const gradient = v128.load(g);
    const first = v128.load(m);
    const second = v128.load(v);
    const square = f32x4.mul(gradient, gradient);
    const nextFirst = multiplyAdd(f32x4.sub(gradient, first), constant(constants, 0), first);
    const nextSecond = multiplyAdd(f32x4.sub(square, second), constant(constants, 1), second);
    const size = v128.and(nextFirst, constant(constants, 5));
    const kept = v128.andnot(nextFirst, f32x4.lt(size, constant(constants, 3)));
    const keptSecond = v128.andnot(nextSecond, f32x4.lt(nextSecond, constant(constants, 4)));
    v128.store(m, kept);
    v128.store(v, keptSecond);
    const root = f32x4.add(f32x4.sqrt(keptSecond), constant(constants, 2));
    const change = f32x4.div(f32x4.mul(kept, constant(constants, 6)), root);
    v128.store(w, f32x4.sub(v128.load(w), change));
    g += 16;
    m += 16;
    v += 16;
    w += 16;
  } while (w != end);
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
  const scale = f32x4.splat(<f32>(<f64>norm / length));
  for (let at: usize = 0; at < parameterBytes; at += 16) {
    v128.store(gradients + at, f32x4.mul(v128.load(gradients + at), scale));
  }
}
