import { InvalidWeightsError } from '../errors.js';
import { type ModelShape, type ModelWeights, type WeightName, weightShapes } from '../model/weights.js';
import {
  kerasLayers,
  kerasVersion,
  modelConfig,
  type ModelFileOptions,
  trainingConfig,
} from './keras-config.js';

/** The converter's name for the only part of the only group of weights. */
const weightsFile = 'group1-shard1of1.bin';

/** Files of one folder, by name; `tf.loadLayersModel` takes the first and finds the other beside it. */
export type TfjsModelFiles = Readonly<Record<'model.json' | typeof weightsFile, Uint8Array>>;

/**
 * The model in TensorFlow.js's Layers format (fields: `ModelJSON` in tfjs-core/src/io/types.ts), compiled, so that it
 * trains on, too. Layers and weights have the names of the Keras file. The same model is the same bytes.
 * @throws InvalidWeightsError if a weight is not of the shape's size
 */
export function writeTfjsModel(
  shape: ModelShape,
  weights: ModelWeights,
  { dropout, learningRate, metadata = {} }: ModelFileOptions,
): TfjsModelFiles {
  const shapes = weightShapes(shape);
  const named = kerasLayers.flatMap((layer) =>
    (Object.entries(layer.weights) as [WeightName, string][]).map(([name, path]) => ({
      spec: { name: `${layer.name}/${path}`, shape: shapes[name], dtype: 'float32' },
      values: weights[name],
    })),
  );
  for (const { spec, values } of named) checkSize(spec, values);
  const json = {
    format: 'layers-model',
    generatedBy: 'StreamSage',
    convertedBy: null,
    modelTopology: {
      keras_version: kerasVersion,
      backend: 'tensorflow',
      model_config: modelConfig(shape, dropout),
    },
    trainingConfig: trainingConfig(learningRate),
    weightsManifest: [{ paths: [weightsFile], weights: named.map(({ spec }) => spec) }],
    userDefinedMetadata: metadata,
  };
  return {
    'model.json': new TextEncoder().encode(`${JSON.stringify(json, undefined, 2)}\n`),
    [weightsFile]: concatenate(named.map(({ values }) => values)),
  };
}

function checkSize({ name, shape }: { name: string; shape: readonly number[] }, values: Float32Array): void {
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (values.length !== size) {
    throw new InvalidWeightsError(
      `Expected ${name} to be float32 [${shape.join(', ')}], ${size} values, got ${values.length}: ` +
        'the weights are of another shape of model',
    );
  }
}

function concatenate(parts: readonly Float32Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const { buffer, byteOffset, byteLength } of parts) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), offset);
    offset += byteLength;
  }
  return bytes;
}
