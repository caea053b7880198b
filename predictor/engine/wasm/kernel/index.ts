// The kernel: LSTM → Dropout → Dense(relu) → Dense(sigmoid), forward, backward and Adam, float32 in 128-bit SIMD without
// the relaxed instructions, so that the result is the same to the bit on every machine. The caller (wasm-engine.ts)
// hands over chunks of at most 32 windows; gradients add up over the chunks of a batch.
import { adam as adamStep, clipByNorm } from './adam';
import { backward, correct, loss, transposeKernels } from './backward';
import { drop } from './dropout';
import { gather, head, recur } from './forward';
import {
  allocate as reserve,
  configure as layOut,
  firstMoments,
  gradients,
  logits,
  parameterBytes,
  secondMoments,
  weights,
} from './memory';
import { sigmoid } from './vector';

export function configure(steps: i32, features: i32, units: i32, denseUnits: i32): void {
  layOut(steps, features, units, denseUnits);
}
export function allocate(bytes: usize): usize {
  return reserve(bytes);
}
export function weightsAt(): usize {
  return weights;
}
export function gradientsAt(): usize {
  return gradients;
}
export function firstMomentsAt(): usize {
  return firstMoments;
}
export function secondMomentsAt(): usize {
  return secondMoments;
}
/** Windows of the last chunk that were classified correctly. */
export function correctCount(): i32 {
  return correct;
}

let stopWeight: f32 = 1;
let bingeWeight: f32 = 1;

/** What a window's loss and gradient count for in training, by its label. */
export function weighClasses(stop: f32, binge: f32): void {
  stopWeight = stop;
  bingeWeight = binge;
}

let table: usize = 0;
let firstRow: usize = 0;
let label: usize = 0;

/** The windows that the following calls speak of: features [rows × features], first rows (i32), labels (u8). */
export function useWindows(featureTable: usize, firstRows: usize, labels: usize): void {
  table = featureTable;
  firstRow = firstRows;
  label = labels;
}

/** Before the first chunk of a batch. */
export function beginBatch(): void {
  memory.fill(gradients, 0, parameterBytes);
  transposeKernels();
}

/**
 * Adds a chunk's gradients.
 * @param order window numbers (i32); the chunk is `count` of them from `first`
 * @param batchFirst the batch's first place in `order`
 * @param scale 1 / windows in the batch
 * @param threshold share of dropped units × 2²⁴; 0 for none
 * @returns sum of the chunk's losses
 */
export function addGradients(
  order: usize,
  first: i32,
  count: i32,
  batchFirst: i32,
  scale: f32,
  key1: i32,
  key2: i32,
  threshold: i32,
  keepScale: f32,
): f32 {
  const rows = (count + 3) & ~3;
  gather(table, firstRow, order, first, count, rows);
  recur(rows);
  if (threshold) drop(key1, key2, threshold, keepScale, first - batchFirst, rows);
  head(rows);
  const sum = loss(label, order, first, count, rows, scale, stopWeight, bingeWeight);
  backward(rows, threshold != 0);
  return sum;
}

/** Scales the batch's gradients down to a norm, over all weights, of at most `norm`. */
export function clip(norm: f32): void {
  clipByNorm(norm);
}

/** After the last chunk of a batch. */
export function adam(rate: f32): void {
  adamStep(rate);
}

/**
 * Probabilities (f32) of consecutive windows from `first` into `out`.
 * @returns sum of their losses
 */
export function predict(first: i32, count: i32, out: usize): f32 {
  const rows = (count + 3) & ~3;
  gather(table, firstRow, 0, first, count, rows);
  recur(rows);
  head(rows);
  const sum = loss(label, 0, first, count, rows, 0, 1, 1);
  for (let i = 0; i < rows; i += 4) {
    const p = sigmoid(v128.load(logits + (<usize>i << 2)));
    store<f32>(out + (<usize>i << 2), f32x4.extract_lane(p, 0));
    if (i + 1 < count) store<f32>(out + (<usize>i << 2), f32x4.extract_lane(p, 1), 4);
    if (i + 2 < count) store<f32>(out + (<usize>i << 2), f32x4.extract_lane(p, 2), 8);
    if (i + 3 < count) store<f32>(out + (<usize>i << 2), f32x4.extract_lane(p, 3), 12);
  }
  return sum;
}
