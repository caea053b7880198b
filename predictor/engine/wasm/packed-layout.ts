import { type ModelShape, type ModelWeights, type WeightName, weightNames } from '../../model/weights.js';

/** Where the kernel keeps parameters (kernel/memory.ts): panels of 8 columns, hidden units before features. */
export interface PackedLayout {
  /** Floats, padding included. */
  readonly size: number;
  /** For each weight, the place of each of its elements. */
  readonly places: Readonly<Record<WeightName, Int32Array>>;
}

export function packedLayout({ features, units, denseUnits }: ModelShape): PackedLayout {
  const paddedUnits = roundUp(units, 8);
  const paddedDense = roundUp(denseUnits, 8);
  const depth = paddedUnits + roundUp(features, 2);
  const gateColumns = 4 * paddedUnits;
  const lstmBiasAt = gateColumns * depth;
  const denseKernelAt = lstmBiasAt + gateColumns;
  const denseBiasAt = denseKernelAt + paddedUnits * paddedDense;
  const outputKernelAt = denseBiasAt + paddedDense;
  const outputBiasAt = outputKernelAt + paddedDense;
  const panel = (rows: number, row: number, column: number) =>
    ((column >> 3) * rows + row) * 8 + (column & 7);
  // The four gates of the same 8 units stand together.
  const gateColumn = (column: number) => {
    const unit = column % units;
    return ((unit >> 3) * 4 + Math.floor(column / units)) * 8 + (unit & 7);
  };
  const lstm = (firstRow: number) => (row: number, column: number) =>
    panel(depth, firstRow + row, gateColumn(column));
  return {
    size: outputBiasAt + 4,
    places: {
      lstmKernel: matrix(features, 4 * units, lstm(paddedUnits)),
      lstmRecurrentKernel: matrix(units, 4 * units, lstm(0)),
      lstmBias: matrix(1, 4 * units, (_, column) => lstmBiasAt + gateColumn(column)),
      denseKernel: matrix(
        units,
        denseUnits,
        (row, column) => denseKernelAt + panel(paddedUnits, row, column),
      ),
      denseBias: matrix(1, denseUnits, (_, column) => denseBiasAt + column),
      outputKernel: matrix(denseUnits, 1, (row) => outputKernelAt + row),
      outputBias: Int32Array.of(outputBiasAt),
    },
  };
}

/** Writes weights, in Keras's layout, into a packed block; padding becomes zero. */
export function pack({ places }: PackedLayout, weights: ModelWeights, block: Float32Array): void {
  block.fill(0);
  for (const name of weightNames) {
    const place = places[name];
    for (const [index, value] of weights[name].entries()) block[place[index]!] = value;
  }
}

/** Reads weights, in Keras's layout, out of a packed block. */
export function unpack({ places }: PackedLayout, block: Float32Array): ModelWeights {
  const entries = weightNames.map((name) => {
    const place = places[name];
    const values = new Float32Array(place.length);
    for (let index = 0; index < place.length; index++) values[index] = block[place[index]!]!;
    return [name, values];
  });
  return Object.fromEntries(entries) as Record<WeightName, Float32Array>;
}

function matrix(rows: number, columns: number, place: (row: number, column: number) => number): Int32Array {
  const places = new Int32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) places[row * columns + column] = place(row, column);
  }
  return places;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
