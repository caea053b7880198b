import { logistic, tanh } from './activations';
import {
  cells,
  cellTanh,
  dense,
  denseBiasAt,
  denseKernelAt,
  densePanels,
  depth,
  featurePairs,
  features,
  gates,
  hidden,
  inputs,
  lastHidden,
  lastHiddenPacked,
  logits,
  lstmBiasAt,
  outputBiasAt,
  outputKernelAt,
  PANEL,
  ROWS,
  steps,
  unitPanels,
  weights,
  windowStarts,
} from './memory';
import { product, transpose4 } from './tiles';
import { multiplyAdd, splat } from './vector';

/**
 * Copies the features of a chunk's windows to where the recurrence reads them. Row after row is the inner loop: windows lie
 * apart, and while one is fetched from afar the next is asked for.
 * @param order window numbers; 0 for consecutive windows from `first`
 */
export function gather(table: usize, firstRow: usize, order: usize, first: i32, count: i32, rows: i32): void {
  const blockBytes = <usize>depth << 4;
  const stepBytes = <usize>(ROWS >> 2) * blockBytes;
  const featuresAt = (<usize>unitPanels << 3) << 4;
  const rowBytes = <usize>features << 2;
  for (let i = 0; i < rows; i++) {
    // Rows that fill up the last block of four repeat the first window; their gradient is zero.
    const place = first + (i < count ? i : 0);
    const window = order ? load<i32>(order + (<usize>place << 2)) : place;
    store<usize>(windowStarts + (<usize>i << 2), table + <usize>load<i32>(firstRow + (<usize>window << 2)) * rowBytes);
  }
  for (let t = 0; t < steps; t++) {
    for (let f = 0; f < features; f++) {
      const at = <usize>t * rowBytes + (<usize>f << 2);
      let input = inputs + <usize>t * stepBytes + featuresAt + (<usize>f << 4);
      let pair = featurePairs + (<usize>(f >> 1) * steps + t) * (ROWS << 3) + ((f & 1) << 2);
      let start = windowStarts;
      const end = start + (<usize>rows << 2);
      do {
        const x0 = load<f32>(load<usize>(start) + at), x1 = load<f32>(load<usize>(start, 4) + at);
        const x2 = load<f32>(load<usize>(start, 8) + at), x3 = load<f32>(load<usize>(start, 12) + at);
        store<f32>(input, x0), store<f32>(input, x1, 4), store<f32>(input, x2, 8), store<f32>(input, x3, 12);
        store<f32>(pair, x0), store<f32>(pair, x1, 8), store<f32>(pair, x2, 16), store<f32>(pair, x3, 24);
        start += 16;
        input += blockBytes;
        pair += 32;
      } while (start != end);
    }
  }
}

/** The recurrence: gates, cells and hidden state of each step, the last hidden state into `lastHidden`. */
export function recur(rows: i32): void {
  const unitChunk = <usize>unitPanels * PANEL;
  const panelBytes = <usize>depth << 5;
  const blockBytes = <usize>depth << 4;
  const stepBytes = <usize>(ROWS >> 2) * blockBytes;
  const featuresAt = <usize>unitPanels << 3;
  const gatePanels = unitPanels << 2;
  const blocks = rows >> 2;
  for (let t = 0; t < steps; t++) {
    // Before the first step the hidden state is zero: only the features count.
    const skipped: usize = t ? 0 : featuresAt;
    const stepInputs = inputs + <usize>t * stepBytes + (skipped << 4);
    const stepGates = gates + <usize>t * (unitChunk << 2);
    for (let p = 0; p < gatePanels; p++) {
      const kernel = weights + <usize>p * panelBytes;
      const bias = weights + lstmBiasAt + (<usize>p << 5);
      const out = stepGates + <usize>p * PANEL;
      for (let b = 0; b < blocks; b++) {
        product(
          stepInputs + <usize>b * blockBytes,
          kernel + (skipped << 5),
          kernel + panelBytes,
          bias,
          out + (<usize>b << 7),
          false,
        );
      }
    }
    const last = t == steps - 1;
    for (let u = 0; u < unitPanels; u++) {
      activate(
        stepGates + <usize>u * (PANEL << 2),
        cells + <usize>t * unitChunk + <usize>u * PANEL,
        t ? unitChunk : 0,
        cellTanh + <usize>t * unitChunk + <usize>u * PANEL,
        last ? lastHidden + (<usize>u << 7) : inputs + <usize>(t + 1) * stepBytes + (<usize>u << 7),
        last ? <usize>unitPanels << 7 : blockBytes,
        last ? lastHiddenPacked + <usize>u * PANEL : hidden + (<usize>(u << 1) * steps + t + 1) * 512,
        last ? 512 : <usize>steps * 512,
        <usize>rows << 5,
      );
    }
  }
}

/**
 * Gates through their activations, cell and hidden state of one panel of units.
 * @param z the four panels of gates
 * @param c panel of cells; that of the step before lies `past` earlier, 0 if there is none
 * @param blocked where hidden state goes, [block][unit][4], `blockBytes` from one block to the next
 * @param packed where it goes for the gradients, [unit / 4][row][4], `packedStride` from one four to the next
 * @param bytes of the panel that are in use
 */
function activate(
  z: usize,
  c: usize,
  past: usize,
  cTanh: usize,
  blocked: usize,
  blockBytes: usize,
  packed: usize,
  packedStride: usize,
  bytes: usize,
): void {
  logistic(z, bytes);
  if (past) logistic(z + PANEL, bytes);
  tanh(z + 2 * PANEL, z + 2 * PANEL, bytes);
  logistic(z + 3 * PANEL, bytes);
  for (let at: usize = 0; at < bytes; at += 16) {
    let state = f32x4.mul(v128.load(z + at), v128.load(z + at, 2 * PANEL));
    if (past) state = multiplyAdd(v128.load(z + at, PANEL), v128.load(c + at - past), state);
    v128.store(c + at, state);
  }
  tanh(c, cTanh, bytes);
  for (let half: usize = 0; half < 32; half += 16) {
    let row = packed + (half ? packedStride : 0);
    let to = blocked + (half << 2);
    for (let at = half; at < bytes; at += 128) {
      const o = z + at;
      const squashed = cTanh + at;
      const h0 = f32x4.mul(v128.load(o, 3 * PANEL), v128.load(squashed));
      const h1 = f32x4.mul(v128.load(o, 3 * PANEL + 32), v128.load(squashed, 32));
      const h2 = f32x4.mul(v128.load(o, 3 * PANEL + 64), v128.load(squashed, 64));
      const h3 = f32x4.mul(v128.load(o, 3 * PANEL + 96), v128.load(squashed, 96));
      transpose4(h0, h1, h2, h3, to, 16);
      v128.store(row, h0);
      v128.store(row, h1, 16);
      v128.store(row, h2, 32);
      v128.store(row, h3, 48);
      row += 64;
      to += blockBytes;
    }
  }
}

/** Dense(relu) and the output's logit, from `lastHidden`. */
export function head(rows: i32): void {
  const units = <usize>unitPanels << 3;
  for (let p = 0; p < densePanels; p++) {
    const kernel = weights + denseKernelAt + <usize>p * (units << 5);
    const bias = weights + denseBiasAt + (<usize>p << 5);
    for (let b = 0; b < rows >> 2; b++) {
      product(
        lastHidden + <usize>b * (units << 4),
        kernel,
        kernel + (units << 5),
        bias,
        dense + <usize>p * PANEL + (<usize>b << 7),
        true,
      );
    }
  }
  const bias = load<f32>(weights + outputBiasAt);
  for (let i = 0; i < rows; i++) {
    let sum = splat(0);
    for (let p = 0; p < densePanels; p++) {
      const z = dense + <usize>p * PANEL + (<usize>i << 5);
      const w = weights + outputKernelAt + (<usize>p << 5);
      sum = multiplyAdd(v128.load(z), v128.load(w), sum);
      sum = multiplyAdd(v128.load(z, 16), v128.load(w, 16), sum);
    }
    const logit =
      bias +
      f32x4.extract_lane(sum, 0) +
      f32x4.extract_lane(sum, 1) +
      f32x4.extract_lane(sum, 2) +
      f32x4.extract_lane(sum, 3);
    store<f32>(logits + (<usize>i << 2), logit);
  }
}
