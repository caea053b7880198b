import type { OptimizerState } from '../engine/engine.js';
import { deriveSeed, RandomState } from '../random.js';
import {
  type ModelShape,
  type ModelWeights,
  sizeOf,
  type WeightName,
  weightNames,
  weightShapes,
} from './weights.js';

/**
 * Weights before the first step, drawn as Keras's layers draw them by default: Glorot uniform kernels, an orthogonal
 * recurrent kernel, biases of 0, and of 1 for the forget gate. Only arithmetic that is the same on every machine.
 */
export function initialWeights(shape: ModelShape, seed: number): ModelWeights {
  const random = new RandomState(deriveSeed(seed, 'initialWeights'));
  const { features, units, denseUnits } = shape;
  const lstmBias = new Float32Array(4 * units).fill(1, units, 2 * units);
  return {
    lstmKernel: glorotUniform(random, features, 4 * units),
    lstmRecurrentKernel: orthogonalRows(random, units, 4 * units),
    lstmBias,
    denseKernel: glorotUniform(random, units, denseUnits),
    denseBias: new Float32Array(denseUnits),
    outputKernel: glorotUniform(random, denseUnits, 1),
    outputBias: new Float32Array(1),
  };
}

/** Initial weights, and Adam before its first step. */
export function initialState(shape: ModelShape, seed: number): OptimizerState {
  return {
    weights: initialWeights(shape, seed),
    firstMoment: zeroWeights(shape),
    secondMoment: zeroWeights(shape),
    betaPowers: [1, 1],
    step: 0,
  };
}

function zeroWeights(shape: ModelShape): ModelWeights {
  const shapes = weightShapes(shape);
  const size = (name: WeightName) => sizeOf(shapes[name]);
  return Object.fromEntries(
    weightNames.map((name) => [name, new Float32Array(size(name))]),
  ) as unknown as ModelWeights;
}

/** Uniform within ±√(6 / (rows + columns)) (X. Glorot and Y. Bengio, 2010). */
function glorotUniform(random: RandomState, rows: number, columns: number): Float32Array {
  const limit = Math.sqrt(6 / (rows + columns));
  return Float32Array.from({ length: rows * columns }, () => (2 * random.uniform() - 1) * limit);
}

/**
 * Orthonormal rows, no more than columns, uniform over all such matrices: Gram–Schmidt, twice for accuracy, on rows of
 * normal deviates. It is the Q of a QR decomposition whose R has a positive diagonal, which is what Keras makes.
 */
function orthogonalRows(random: RandomState, rows: number, columns: number): Float32Array {
  const basis: Float64Array[] = [];
  for (let row = 0; row < rows; row++) {
    const vector = Float64Array.from({ length: columns }, () => normal(random));
    for (let pass = 0; pass < 2; pass++) {
      for (const other of basis) {
        const overlap = dot(vector, other);
        for (let column = 0; column < columns; column++) vector[column]! -= overlap * other[column]!;
      }
    }
    const length = Math.sqrt(dot(vector, vector));
    basis.push(vector.map((value) => value / length));
  }
  const matrix = new Float32Array(rows * columns);
  for (const [row, vector] of basis.entries()) matrix.set(vector, row * columns);
  return matrix;
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += left[index]! * right[index]!;
  return sum;
}

/** A standard normal deviate by the polar method (G. Marsaglia, 1964); the second of the pair is not kept. */
function normal(random: RandomState): number {
  for (;;) {
    const x = 2 * random.uniform() - 1;
    const y = 2 * random.uniform() - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * naturalLogarithm(square)) / square);
  }
}

/** ln x for 0 < x < 1: x = m / 2ᵏ, then 2 artanh((m − 1) / (m + 1)). The platform's may differ in the last bit. */
function naturalLogarithm(x: number): number {
  let mantissa = x;
  let halvings = 0;
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    halvings++;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let series = 0;
  for (let odd = 21; odd >= 1; odd -= 2) series = series * square + 1 / odd;
  return 2 * s * series - halvings * Math.LN2;
}
