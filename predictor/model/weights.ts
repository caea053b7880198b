/** Sizes of the model: LSTM(units) → Dropout → Dense(denseUnits, relu) → Dense(1, sigmoid). */
export interface ModelShape {
  readonly steps: number;
  readonly features: number;
  readonly units: number;
  readonly denseUnits: number;
}

/** Weights in Keras's layout: row-major, gates side by side in the order i, f, c, o. */
export interface ModelWeights {
  /** [features, 4 × units] */
  readonly lstmKernel: Float32Array;
  /** [units, 4 × units] */
  readonly lstmRecurrentKernel: Float32Array;
  /** [4 × units] */
  readonly lstmBias: Float32Array;
  /** [units, denseUnits] */
  readonly denseKernel: Float32Array;
  /** [denseUnits] */
  readonly denseBias: Float32Array;
  /** [denseUnits, 1] */
  readonly outputKernel: Float32Array;
  /** [1] */
  readonly outputBias: Float32Array;
}

export type WeightName = keyof ModelWeights;

export const weightNames = [
  'lstmKernel',
  'lstmRecurrentKernel',
  'lstmBias',
  'denseKernel',
  'denseBias',
  'outputKernel',
  'outputBias',
] as const satisfies readonly WeightName[];

/** Shape of each weight, as Keras names its axes. */
export function weightShapes(shape: ModelShape): Record<WeightName, readonly number[]> {
  const { features, units, denseUnits } = shape;
  return {
    lstmKernel: [features, 4 * units],
    lstmRecurrentKernel: [units, 4 * units],
    lstmBias: [4 * units],
    denseKernel: [units, denseUnits],
    denseBias: [denseUnits],
    outputKernel: [denseUnits, 1],
    outputBias: [1],
  };
}

/** Number of values in a tensor of these axes. */
export function sizeOf(axes: readonly number[]): number {
  return axes.reduce((size, axis) => size * axis, 1);
}

/** Number of float32 values in all weights: 19,265 for the notebook's model. */
export function parameterCount(shape: ModelShape): number {
  return Object.values(weightShapes(shape)).reduce((sum, axes) => sum + sizeOf(axes), 0);
}
