// The gates' functions, over whole panels. They are as exact as their place in the sum asks for: to 4e-7 of 1.
//
// Vectors are taken side by side, loads first and stores last, so that the processor always finds one that need not wait.
import { constant, multiplyAdd } from './vector';

const ofLogistic = memory.data<f32>([
  // −log₂ e; the exponent's limits; 1.5 × 2²³ + 127: adding it rounds to an integer, and leaves that, biased, below.
  -1.44269504, 125, -125, 12583039,
  // 2ᶠ on [−½, ½], a minimax fit with 1 at 0: coefficients from f⁵ down. Relative error 9e-8.
  1.3264725e-3, 9.671513e-3, 5.5507336e-2, 0.24022242, 0.693147, 1,
]);

const ofTanh = memory.data<f32>([
  // Where tanh is 1 in float32.
  8.3, -8.3,
  // A minimax fit of tanh x / x in x², from x⁸ down: numerator, denominator. Relative error 5e-8.
  1.1784227e-8, 1.9571604e-5, 3.4361265e-3, 0.13332033,
  7.1633133e-7, 3.1859602e-4, 2.5654156e-2, 0.4666536,
  1,
]);

/** 1 / (1 + 2ᵗ) with t = −x log₂ e = n + f: 2ᶠ by a polynomial, n into the exponent. */
// @ts-ignore: decorator
@inline function logisticOf(x: v128): v128 {
  const scaled = f32x4.mul(x, constant(ofLogistic, 0));
  const t = f32x4.pmax(f32x4.pmin(scaled, constant(ofLogistic, 1)), constant(ofLogistic, 2));
  const n = f32x4.add(t, constant(ofLogistic, 3));
  const f = f32x4.sub(t, f32x4.sub(n, constant(ofLogistic, 3)));
  let p = multiplyAdd(constant(ofLogistic, 4), f, constant(ofLogistic, 5));
  p = multiplyAdd(p, f, constant(ofLogistic, 6));
  p = multiplyAdd(p, f, constant(ofLogistic, 7));
  p = multiplyAdd(p, f, constant(ofLogistic, 8));
  p = multiplyAdd(p, f, constant(ofLogistic, 9));
  const one = constant(ofLogistic, 9);
  return f32x4.div(one, multiplyAdd(p, i32x4.shl(n, 23), one));
}

/** A ratio of polynomials, odd of degree 9 over even of degree 8. */
// @ts-ignore: decorator
@inline function tanhOf(given: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(given, constant(ofTanh, 0)), constant(ofTanh, 1));
  const q = f32x4.mul(x, x);
  let above = multiplyAdd(constant(ofTanh, 2), q, constant(ofTanh, 3));
  above = multiplyAdd(above, q, constant(ofTanh, 4));
  above = multiplyAdd(above, q, constant(ofTanh, 5));
  above = multiplyAdd(above, q, constant(ofTanh, 10));
  let below = multiplyAdd(constant(ofTanh, 6), q, constant(ofTanh, 7));
  below = multiplyAdd(below, q, constant(ofTanh, 8));
  below = multiplyAdd(below, q, constant(ofTanh, 9));
  below = multiplyAdd(below, q, constant(ofTanh, 10));
  return f32x4.div(f32x4.mul(above, x), below);
}

/** The logistic function, in place. `bytes` is a multiple of 64. */
export function logistic(place: usize, bytes: usize): void {
  const end = place + bytes;
  for (let at = place; at != end; at += 64) {
    const a = logisticOf(v128.load(at)), b = logisticOf(v128.load(at, 16));
    const c = logisticOf(v128.load(at, 32)), d = logisticOf(v128.load(at, 48));
    v128.store(at, a);
    v128.store(at, b, 16);
    v128.store(at, c, 32);
    v128.store(at, d, 48);
  }
}

/** tanh; `to` may be `from`. `bytes` is a multiple of 32. */
export function tanh(from: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 32) {
    const a = tanhOf(v128.load(from + at)), b = tanhOf(v128.load(from + at, 16));
    v128.store(to + at, a);
    v128.store(to + at, b, 16);
  }
}
