// Where everything lies. Matrices are cut into panels of 8 columns (two SIMD vectors); rows come in chunks of 32.
//
//   [panel][row][8]   activations and their gradients, lanes along units
//   [panel][k][8]     weights: a panel's column slice, rows in order of k (hidden units, then features)
//   [block][k][4]     left operand of the recurrence: 4 rows side by side, so that one k is four neighbouring splats
//
// Of the gates, the four panels of the same 8 units stand together: input gate, forget gate, candidate, output gate.
// Units, dense units and features are padded with zeros to multiples of 8, 8 and 2. A padded unit has weights of zero,
// so its cell, output and gradients stay zero: padding changes no result.

/** Rows in a chunk. */
export const ROWS: i32 = 32;
/** Bytes of one panel of a chunk: 32 rows of 8 floats. */
export const PANEL: usize = 1024;

export let steps: i32 = 0;
export let features: i32 = 0;
/** Padded to pairs. */
export let paddedFeatures: i32 = 0;
/** Panels of hidden units; of gates there are four times as many. */
export let unitPanels: i32 = 0;
export let densePanels: i32 = 0;
/** Rows of the LSTM's stacked kernel: hidden units, then features. */
export let depth: i32 = 0;

// Parameters in one block: LSTM kernel, LSTM bias, dense kernel, dense bias, output kernel, output bias.
export let weights: usize = 0;
export let gradients: usize = 0;
export let firstMoments: usize = 0;
export let secondMoments: usize = 0;
/** Bytes of each of the four. */
export let parameterBytes: usize = 0;
export let lstmBiasAt: usize = 0;
export let denseKernelAt: usize = 0;
export let denseBiasAt: usize = 0;
export let outputKernelAt: usize = 0;
export let outputBiasAt: usize = 0;

/** [unit panel][4 gates × units][8]: the recurrent kernel transposed */
export let recurrentT: usize = 0;
/** [unit panel][dense][8] */
export let denseT: usize = 0;

/** [row]: addresses of the windows' features */
export let windowStarts: usize = 0;
/** [step][block][depth][4]: hidden state before the step, and the step's features */
export let inputs: usize = 0;
/** [unit / 4][step][row][4]: hidden state before the step, as gradients of weights read it */
export let hidden: usize = 0;
/** [feature pair][step][row][2] */
export let featurePairs: usize = 0;
/** [step][unit panel][input, forget, candidate, output][row][8]: in the backward pass gradients before activation */
export let gates: usize = 0;
/** [step][unit panel][row][8] */
export let cells: usize = 0;
/** [step][unit panel][row][8]: tanh of the cells */
export let cellTanh: usize = 0;
/** [block][unit][4]: the LSTM's output after dropout */
export let lastHidden: usize = 0;
/** [unit / 4][row][4]: the same, as gradients of weights read it */
export let lastHiddenPacked: usize = 0;
/** [unit panel][row][8] */
export let dropoutMask: usize = 0;
export let hiddenGradient: usize = 0;
export let cellGradient: usize = 0;
/** [dense panel][row][8] */
export let dense: usize = 0;
export let denseGradient: usize = 0;
/** [row] */
export let logits: usize = 0;
export let logitGradient: usize = 0;

let top: usize = 0;

/** Reserves zeroed memory, 64-byte aligned. Traps if there is no more. */
export function allocate(bytes: usize): usize {
  const place = top;
  top = (top + bytes + 63) & ~63;
  const missing = <i32>((top + 65535) >> 16) - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) unreachable();
  return place;
}

/** Lays out memory for a model; called once. */
export function configure(stepCount: i32, featureCount: i32, units: i32, denseUnits: i32): void {
  top = (__heap_base + 63) & ~63;
  steps = stepCount;
  features = featureCount;
  paddedFeatures = (featureCount + 1) & ~1;
  unitPanels = (units + 7) >> 3;
  densePanels = (denseUnits + 7) >> 3;
  const paddedUnits = unitPanels << 3;
  const paddedDense = densePanels << 3;
  depth = paddedUnits + paddedFeatures;

  lstmBiasAt = <usize>(4 * paddedUnits * depth) << 2;
  denseKernelAt = lstmBiasAt + (<usize>(4 * paddedUnits) << 2);
  denseBiasAt = denseKernelAt + (<usize>(paddedUnits * paddedDense) << 2);
  outputKernelAt = denseBiasAt + (<usize>paddedDense << 2);
  outputBiasAt = outputKernelAt + (<usize>paddedDense << 2);
  parameterBytes = outputBiasAt + 16;
  weights = allocate(parameterBytes);
  gradients = allocate(parameterBytes);
  firstMoments = allocate(parameterBytes);
  secondMoments = allocate(parameterBytes);
  recurrentT = allocate(<usize>(4 * paddedUnits * paddedUnits) << 2);
  denseT = allocate(<usize>(paddedUnits * paddedDense) << 2);

  const unitChunk = <usize>unitPanels * PANEL;
  const denseChunk = <usize>densePanels * PANEL;
  windowStarts = allocate(ROWS * 4);
  inputs = allocate(<usize>steps * (ROWS >> 2) * depth * 16);
  hidden = allocate(<usize>steps * unitChunk);
  featurePairs = allocate(<usize>steps * paddedFeatures * ROWS * 4);
  gates = allocate(<usize>steps * 4 * unitChunk);
  cells = allocate(<usize>steps * unitChunk);
  cellTanh = allocate(<usize>steps * unitChunk);
  lastHidden = allocate(unitChunk);
  lastHiddenPacked = allocate(unitChunk);
  dropoutMask = allocate(unitChunk);
  hiddenGradient = allocate(unitChunk);
  cellGradient = allocate(unitChunk);
  dense = allocate(denseChunk);
  denseGradient = allocate(denseChunk);
  logits = allocate(ROWS * 4);
  logitGradient = allocate(ROWS * 4);
}
