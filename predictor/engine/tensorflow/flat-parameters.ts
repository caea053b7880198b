import {
  type ModelShape,
  type ModelWeights,
  type WeightName,
  parameterCount,
  sizeOf,
  weightNames,
  weightShapes,
} from '../../model/weights.js';

/**
 * All weights one after the other, each in Keras's layout, in the order of `weightNames`. The LSTM's kernel and its
 * recurrent kernel are neighbours, so that together they are the stacked kernel [features + units, 4 × units] of
 * TensorFlow's fused recurrence.
 */
export function flatten(shape: ModelShape, weights: ModelWeights): Float32Array {
  const flat = new Float32Array(parameterCount(shape));
  let at = 0;
  for (const name of weightNames) {
    flat.set(weights[name], at);
    at += weights[name].length;
  }
  return flat;
}

export function unflatten(shape: ModelShape, flat: Float32Array): ModelWeights {
  const shapes = weightShapes(shape);
  let at = 0;
  const entries = weightNames.map((name) => {
    const size = sizeOf(shapes[name]);
    return [name, flat.slice(at, (at += size))];
  });
  return Object.fromEntries(entries) as Record<WeightName, Float32Array>;
}
