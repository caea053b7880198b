import {
  cellGradient,
  cells,
  cellTanh,
  dense,
  denseBiasAt,
  denseGradient,
  denseKernelAt,
  densePanels,
  denseT,
  depth,
  dropoutMask,
  featurePairs,
  gates,
  gradients,
  hidden,
  hiddenGradient,
  lastHiddenPacked,
  logitGradient,
  logits,
  lstmBiasAt,
  outputBiasAt,
  outputKernelAt,
  paddedFeatures,
  PANEL,
  recurrentT,
  ROWS,
  steps,
  unitPanels,
  weights,
} from './memory';
import { accumulate, accumulatePair, productOfPanels, transpose8 } from './tiles';
import { exp, log1p, multiplyAdd, ones, sigmoid, splat } from './vector';

/** Steps whose gradients of weights are added at once: their gates are still in the second level of cache. */
const STEP_BLOCK = 8;

/** Windows of the last chunk on whose side of 0.5 the probability lay. */
export let correct: i32 = 0;

/** Transposes of the kernels, as the backward pass reads them. Weights stand still within a batch: once a batch. */
export function transposeKernels(): void {
  const units = <usize>unitPanels << 3;
  for (let k = 0; k < unitPanels; k++) {
    for (let p = 0; p < densePanels; p++) {
      const from = weights + denseKernelAt + <usize>p * (units << 5) + (<usize>k << 8);
      transpose8(from, denseT + <usize>k * (<usize>densePanels << 8) + (<usize>p << 8));
    }
    for (let p = 0; p < unitPanels << 2; p++) {
      const from = weights + <usize>p * (<usize>depth << 5) + (<usize>k << 8);
      transpose8(from, recurrentT + <usize>k * (units << 7) + (<usize>p << 8));
    }
  }
}

/**
 * Binary cross-entropy from logits, max(z, 0) − z y + log(1 + e^−|z|), and its gradient (σ(z) − y) × scale, each
 * times the weight of the window's class.
 * @returns sum over the chunk
 */
export function loss(
  label: usize,
  order: usize,
  first: i32,
  count: i32,
  rows: i32,
  scale: f32,
  stopWeight: f32,
  bingeWeight: f32,
): f32 {
  for (let i = 0; i < rows; i += 4) {
    const at = <usize>i << 2;
    v128.store(logitGradient + at, sigmoid(v128.load(logits + at)));
  }
  let sum: f32 = 0;
  correct = 0;
  for (let i = 0; i < rows; i++) {
    const at = logitGradient + (<usize>i << 2);
    if (i >= count) {
      store<f32>(at, 0);
      continue;
    }
    const window = order ? load<i32>(order + (<usize>(first + i) << 2)) : first + i;
    const y = <f32>load<u8>(label + window);
    const z = load<f32>(logits + (<usize>i << 2));
    const weight = y > 0.5 ? bingeWeight : stopWeight;
    sum += weight * (max<f32>(z, 0) - z * y + log1p(f32x4.extract_lane(exp(splat(-abs<f32>(z))), 0)));
    correct += i32(z > 0 == y > 0.5);
    store<f32>(at, (load<f32>(at) - y) * (scale * weight));
  }
  return sum;
}

/** Adds the chunk's gradients; `loss` has left those of the logits. */
export function backward(rows: i32, dropped: bool): void {
  headBackward(rows, dropped);
  const unitChunk = <usize>unitPanels * PANEL;
  let end = steps;
  for (let t = steps - 1; t >= 0; t--) {
    for (let u = 0; u < unitPanels; u++) gatesBackward(t, u, unitChunk, rows);
    if (t) {
      const stepGates = gates + <usize>t * (unitChunk << 2);
      for (let u = 0; u < unitPanels; u++) {
        const kernel = recurrentT + <usize>u * (<usize>unitPanels << 10);
        for (let b = 0; b < rows >> 2; b++) {
          const at = <usize>b << 7;
          productOfPanels(stepGates + at, unitPanels << 2, kernel, hiddenGradient + <usize>u * PANEL + at);
        }
      }
    }
    if (end - t == STEP_BLOCK || t == 0) {
      kernelGradients(t, end, rows, unitChunk);
      end = t;
    }
  }
}

function headBackward(rows: i32, dropped: bool): void {
  const zero = splat(0);
  let bias: f32 = 0;
  for (let i = 0; i < rows; i++) bias += load<f32>(logitGradient + (<usize>i << 2));
  const outputBias = gradients + outputBiasAt;
  store<f32>(outputBias, load<f32>(outputBias) + bias);
  for (let half = 0; half < densePanels << 1; half++) {
    const w = v128.load(weights + outputKernelAt + (<usize>half << 4));
    const panel = <usize>(half >> 1) * PANEL + ((half & 1) << 4);
    const kernelAt = gradients + outputKernelAt + (<usize>half << 4);
    const biasAt = gradients + denseBiasAt + (<usize>half << 4);
    let kernelSum = v128.load(kernelAt);
    let biasSum = v128.load(biasAt);
    for (let i = 0; i < rows; i++) {
      const z = v128.load(dense + panel + (<usize>i << 5));
      const d = v128.load32_splat(logitGradient + (<usize>i << 2));
      kernelSum = multiplyAdd(d, z, kernelSum);
      const relu = v128.and(f32x4.mul(d, w), f32x4.gt(z, zero));
      v128.store(denseGradient + panel + (<usize>i << 5), relu);
      biasSum = f32x4.add(biasSum, relu);
    }
    v128.store(kernelAt, kernelSum);
    v128.store(biasAt, biasSum);
  }
  const fours = unitPanels << 1;
  for (let p = 0; p < densePanels; p++) {
    for (let k = 0; k < fours; k++) {
      accumulate(
        lastHiddenPacked + (<usize>k << 9),
        denseGradient + <usize>p * PANEL,
        1,
        0,
        rows,
        gradients + denseKernelAt + <usize>p * (<usize>unitPanels << 8) + (<usize>k << 7),
      );
    }
  }
  for (let u = 0; u < unitPanels; u++) {
    const panel = hiddenGradient + <usize>u * PANEL;
    for (let b = 0; b < rows >> 2; b++) {
      const at = <usize>b << 7;
      productOfPanels(denseGradient + at, densePanels, denseT + <usize>u * (<usize>densePanels << 8), panel + at);
    }
    if (dropped) {
      for (let e: usize = 0; e < <usize>rows << 5; e += 16) {
        const masked = f32x4.mul(v128.load(panel + e), v128.load(dropoutMask + <usize>u * PANEL + e));
        v128.store(panel + e, masked);
      }
    }
  }
}

/**
 * From the gradient of a step's hidden state to those of its gates before activation (over the gates), and of the cell.
 * Pointers move with the rows: from base and index V8 would compute each address anew.
 */
function gatesBackward(t: i32, u: i32, unitChunk: usize, rows: i32): void {
  const panel = <usize>u * PANEL;
  const hasPast = t > 0;
  const hasFuture = t < steps - 1;
  for (let half: usize = 0; half < 32; half += 16) {
    const bias = gradients + lstmBiasAt + (<usize>u << 7) + half;
    let inputBias = v128.load(bias), forgetBias = v128.load(bias, 32);
    let candidateBias = v128.load(bias, 64), outputBias = v128.load(bias, 96);
    let z = gates + <usize>t * (unitChunk << 2) + (panel << 2) + half;
    let past = cells + <usize>(t - 1) * unitChunk + panel + half;
    let cell = cellTanh + <usize>t * unitChunk + panel + half;
    let dHidden = hiddenGradient + panel + half;
    let dCell = cellGradient + panel + half;
    const end = z + (<usize>rows << 5);
    do {
      const one = ones();
      const input = v128.load(z), forget = v128.load(z, PANEL);
      const candidate = v128.load(z, 2 * PANEL), output = v128.load(z, 3 * PANEL);
      const squashed = v128.load(cell);
      const throughOutput = f32x4.mul(v128.load(dHidden), output);
      let dc = f32x4.mul(throughOutput, f32x4.sub(one, f32x4.mul(squashed, squashed)));
      if (hasFuture) dc = f32x4.add(dc, v128.load(dCell));
      const throughInput = f32x4.mul(dc, input);
      const throughForget = f32x4.mul(dc, forget);
      const dInput = f32x4.mul(f32x4.mul(throughInput, candidate), f32x4.sub(one, input));
      const dCandidate = f32x4.mul(throughInput, f32x4.sub(one, f32x4.mul(candidate, candidate)));
      const dOutput = f32x4.mul(f32x4.mul(throughOutput, squashed), f32x4.sub(one, output));
      let dForget = splat(0);
      if (hasPast) dForget = f32x4.mul(f32x4.mul(throughForget, v128.load(past)), f32x4.sub(one, forget));
      v128.store(dCell, throughForget);
      v128.store(z, dInput);
      v128.store(z, dForget, PANEL);
      v128.store(z, dCandidate, 2 * PANEL);
      v128.store(z, dOutput, 3 * PANEL);
      inputBias = f32x4.add(inputBias, dInput);
      forgetBias = f32x4.add(forgetBias, dForget);
      candidateBias = f32x4.add(candidateBias, dCandidate);
      outputBias = f32x4.add(outputBias, dOutput);
      z += 32;
      past += 32;
      cell += 32;
      dHidden += 32;
      dCell += 32;
    } while (z != end);
    v128.store(bias, inputBias);
    v128.store(bias, forgetBias, 32);
    v128.store(bias, candidateBias, 64);
    v128.store(bias, outputBias, 96);
  }
}

/** Adds the steps from `start` to before `end`. */
function kernelGradients(start: i32, end: i32, rows: i32, unitChunk: usize): void {
  const stepGates = unitChunk << 2;
  const panelBytes = <usize>depth << 5;
  const fours = unitPanels << 1;
  const pairs = paddedFeatures >> 1;
  for (let p = 0; p < unitPanels << 2; p++) {
    const out = gradients + <usize>p * panelBytes;
    const panel = gates + <usize>p * PANEL;
    // Before the first step the hidden state is zero.
    const from = max(start, 1);
    if (end > from) {
      for (let k = 0; k < fours; k++) {
        const left = hidden + (<usize>k * steps + from) * 512;
        accumulate(left, panel + <usize>from * stepGates, end - from, stepGates, rows, out + (<usize>k << 7));
      }
    }
    for (let f = 0; f < pairs; f++) {
      const left = featurePairs + (<usize>f * steps + start) * (ROWS << 3);
      const to = out + (<usize>unitPanels << 8) + (<usize>f << 6);
      accumulatePair(left, panel + <usize>start * stepGates, end - start, stepGates, rows, to);
    }
  }
}
