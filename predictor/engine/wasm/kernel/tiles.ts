// The three matrix products, each on a tile of 4 rows × 8 columns in eight accumulators. Four fifths of a step are spent
// here, at the rate at which the processor multiplies and adds: unrolling the loops over k by two gains nothing, and costs
// the kernel for `fastMath` a tenth.
import { PANEL } from './memory';
import { multiplyAdd } from './vector';

/** out[4 rows][8] = bias + left[k][4]ᵀ × right[k][8] */
export function product(left: usize, right: usize, rightEnd: usize, bias: usize, out: usize, relu: bool): void {
  let s: v128, b0: v128, b1: v128;
  let c00 = v128.load(bias), c01 = v128.load(bias, 16);
  let c10 = c00, c11 = c01, c20 = c00, c21 = c01, c30 = c00, c31 = c01;
  do {
    b0 = v128.load(right);
    b1 = v128.load(right, 16);
    s = v128.load32_splat(left);
    c00 = multiplyAdd(s, b0, c00);
    c01 = multiplyAdd(s, b1, c01);
    s = v128.load32_splat(left, 4);
    c10 = multiplyAdd(s, b0, c10);
    c11 = multiplyAdd(s, b1, c11);
    s = v128.load32_splat(left, 8);
    c20 = multiplyAdd(s, b0, c20);
    c21 = multiplyAdd(s, b1, c21);
    s = v128.load32_splat(left, 12);
    c30 = multiplyAdd(s, b0, c30);
    c31 = multiplyAdd(s, b1, c31);
    left += 16;
    right += 32;
  } while (right != rightEnd);
  if (relu) {
    const zero = f32x4.splat(0);
    c00 = f32x4.pmax(c00, zero);
    c01 = f32x4.pmax(c01, zero);
    c10 = f32x4.pmax(c10, zero);
    c11 = f32x4.pmax(c11, zero);
    c20 = f32x4.pmax(c20, zero);
    c21 = f32x4.pmax(c21, zero);
    c30 = f32x4.pmax(c30, zero);
    c31 = f32x4.pmax(c31, zero);
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out, c10, 32);
  v128.store(out, c11, 48);
  v128.store(out, c20, 64);
  v128.store(out, c21, 80);
  v128.store(out, c30, 96);
  v128.store(out, c31, 112);
}

/** out[4 rows][8] = left[panel][4 rows][8] × right[panel × 8][8]: a product with transposed weights */
export function productOfPanels(left: usize, panels: i32, right: usize, out: usize): void {
  let s: v128, b0: v128, b1: v128;
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  const leftEnd = left + <usize>panels * PANEL;
  do {
    let q = left;
    const qEnd = left + 32;
    do {
      b0 = v128.load(right);
      b1 = v128.load(right, 16);
      s = v128.load32_splat(q);
      c00 = multiplyAdd(s, b0, c00);
      c01 = multiplyAdd(s, b1, c01);
      s = v128.load32_splat(q, 32);
      c10 = multiplyAdd(s, b0, c10);
      c11 = multiplyAdd(s, b1, c11);
      s = v128.load32_splat(q, 64);
      c20 = multiplyAdd(s, b0, c20);
      c21 = multiplyAdd(s, b1, c21);
      s = v128.load32_splat(q, 96);
      c30 = multiplyAdd(s, b0, c30);
      c31 = multiplyAdd(s, b1, c31);
      q += 4;
      right += 32;
    } while (q != qEnd);
    left += PANEL;
  } while (left != leftEnd);
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out, c10, 32);
  v128.store(out, c11, 48);
  v128.store(out, c20, 64);
  v128.store(out, c21, 80);
  v128.store(out, c30, 96);
  v128.store(out, c31, 112);
}

/**
 * out[4][8] += Σ over steps and rows of left[step][row][4]ᵀ × right[step][row][8]: a gradient of weights
 * @param rightStride bytes from one step's panel to the next; of `left` a step is 32 rows of 4
 */
export function accumulate(left: usize, right: usize, steps: i32, rightStride: usize, rows: i32, out: usize): void {
  let s: v128, b0: v128, b1: v128;
  let c00 = v128.load(out), c01 = v128.load(out, 16), c10 = v128.load(out, 32), c11 = v128.load(out, 48);
  let c20 = v128.load(out, 64), c21 = v128.load(out, 80), c30 = v128.load(out, 96), c31 = v128.load(out, 112);
  for (let t = 0; t < steps; t++) {
    let a = left + <usize>t * 512, d = right + <usize>t * rightStride;
    const end = d + (<usize>rows << 5);
    do {
      b0 = v128.load(d);
      b1 = v128.load(d, 16);
      s = v128.load32_splat(a);
      c00 = multiplyAdd(s, b0, c00);
      c01 = multiplyAdd(s, b1, c01);
      s = v128.load32_splat(a, 4);
      c10 = multiplyAdd(s, b0, c10);
      c11 = multiplyAdd(s, b1, c11);
      s = v128.load32_splat(a, 8);
      c20 = multiplyAdd(s, b0, c20);
      c21 = multiplyAdd(s, b1, c21);
      s = v128.load32_splat(a, 12);
      c30 = multiplyAdd(s, b0, c30);
      c31 = multiplyAdd(s, b1, c31);
      a += 16;
      d += 32;
    } while (d != end);
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out, c10, 32);
  v128.store(out, c11, 48);
  v128.store(out, c20, 64);
  v128.store(out, c21, 80);
  v128.store(out, c30, 96);
  v128.store(out, c31, 112);
}

/** The same for two features: out[2][8] += Σ left[step][row][2]ᵀ × right[step][row][8]; of `left` a step is 32 rows. */
export function accumulatePair(left: usize, right: usize, steps: i32, rightStride: usize, rows: i32, out: usize): void {
  let c00 = v128.load(out), c01 = v128.load(out, 16), c10 = v128.load(out, 32), c11 = v128.load(out, 48);
  for (let t = 0; t < steps; t++) {
    let a = left + <usize>t * 256, d = right + <usize>t * rightStride;
    const end = d + (<usize>rows << 5);
    do {
      const b0 = v128.load(d), b1 = v128.load(d, 16);
      let s = v128.load32_splat(a);
      c00 = multiplyAdd(s, b0, c00);
      c01 = multiplyAdd(s, b1, c01);
      s = v128.load32_splat(a, 4);
      c10 = multiplyAdd(s, b0, c10);
      c11 = multiplyAdd(s, b1, c11);
      a += 8;
      d += 32;
    } while (d != end);
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out, c10, 32);
  v128.store(out, c11, 48);
}

/** Transposes a block of 8 × 8 floats, rows of 32 bytes. */
export function transpose8(from: usize, to: usize): void {
  for (let row: usize = 0; row < 8; row += 4) {
    for (let column: usize = 0; column < 8; column += 4) {
      const source = from + (row << 5) + (column << 2);
      transpose4(
        v128.load(source),
        v128.load(source, 32),
        v128.load(source, 64),
        v128.load(source, 96),
        to + (column << 5) + (row << 2),
        32,
      );
    }
  }
}

/** Stores the transpose of four vectors, `stride` bytes from one to the next. */
// @ts-ignore: decorator
@inline export function transpose4(a: v128, b: v128, c: v128, d: v128, to: usize, stride: usize): void {
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab0, cd0, 0, 2));
  v128.store(to + stride, v128.shuffle<i64>(ab0, cd0, 1, 3));
  v128.store(to + 2 * stride, v128.shuffle<i64>(ab1, cd1, 0, 2));
  v128.store(to + 3 * stride, v128.shuffle<i64>(ab1, cd1, 1, 3));
}
