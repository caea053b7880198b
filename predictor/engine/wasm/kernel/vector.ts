// Elementary functions on four floats; those of the gates are in activations.ts. Polynomials of our own evaluation, never the platform's `exp` or `log`: those may
// differ in the last bit from one machine to the next.

// @ts-ignore: decorator
@inline export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/**
 * An entry of a table in memory, in each lane. A constant in the code costs V8 three instructions wherever it is used, and
 * often a spill; one from memory costs a load, for which there is room beside arithmetic.
 */
// @ts-ignore: decorator
@inline export function constant(table: usize, index: usize): v128 {
  return v128.load32_splat(table + (index << 2));
}

const one = memory.data<f32>([1]);

// @ts-ignore: decorator
@inline export function ones(): v128 {
  return constant(one, 0);
}

/**
 * a × b + c, rounded twice: the same on every machine. In the kernel for `fastMath`, compiled with relaxed SIMD, rounded
 * once where the machine can do that in one instruction.
 */
// @ts-ignore: decorator
@inline export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * eˣ: x = n ln 2 + r, the polynomial of Cephes' `expf` in r, n into the exponent. Relative error below 2e-7.
 * Rounding to n is done by adding 1.5 × 2²³.
 */
// @ts-ignore: decorator
@inline export function exp(given: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(given, splat(88)), splat(-87));
  const shifted = multiplyAdd(x, splat(1.44269504), splat(12582912));
  const n = f32x4.sub(shifted, splat(12582912));
  let r = f32x4.sub(x, f32x4.mul(n, splat(0.693359375)));
  r = multiplyAdd(n, splat(2.1219444e-4), r);
  let p = multiplyAdd(splat(1.98756915e-4), r, splat(1.39819995e-3));
  p = multiplyAdd(p, r, splat(8.33345191e-3));
  p = multiplyAdd(p, r, splat(4.16657959e-2));
  p = multiplyAdd(p, r, splat(1.66666655e-1));
  p = multiplyAdd(p, r, splat(5.00000012e-1));
  p = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), splat(1));
  return f32x4.mul(p, i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23));
}

// @ts-ignore: decorator
@inline export function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp(f32x4.neg(x))));
}

/** log(1 + u) for u in [0, 1]: 2 artanh(s) with s = u / (2 + u) ≤ 1/3, nine terms in float64. */
export function log1p(u: f32): f32 {
  const s = <f64>u / (2 + <f64>u);
  const q = s * s;
  let series: f64 = 0;
  for (let k = 17; k >= 1; k -= 2) series = series * q + 1 / <f64>k;
  return <f32>(2 * s * series);
}
