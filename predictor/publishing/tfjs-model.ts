import { InvalidWeightsError } from '../errors.js';
import {
  type ModelShape,
  type ModelWeights,
  sizeOf,
  type WeightName,
  weightShapes,
} from '../model/weights.js';
import {
  kerasLayers,
  kerasVersion,
  modelConfig,
  type ModelFileOptions,
  readModelConfig,
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

interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: unknown;
}

/**
 * Reads a model in TensorFlow.js's Layers format, ours or one that a converter made of the same layers. It is taken as
 * hostile.
 * @param files of the model's folder, by name
 * @throws InvalidWeightsError if one is missing or damaged, or the model is another
 */
export function readTfjsModel(files: Readonly<Record<string, Uint8Array>>): {
  readonly shape: ModelShape;
  readonly weights: ModelWeights;
  readonly metadata: Readonly<Record<string, string>>;
} {
  const json = parseModel(fileNamed(files, 'model.json'));
  const topology = json['modelTopology'] as { readonly model_config?: unknown } | undefined;
  const { shape, names } = readModelConfig('model.json', topology?.model_config);
  const shapes = weightShapes(shape);
  const placed = placeWeights(json['weightsManifest'], files);
  const weights: Partial<Record<WeightName, Float32Array>> = {};
  for (const layer of kerasLayers) {
    for (const [name, path] of Object.entries(layer.weights) as [WeightName, string][]) {
      const [prefix, last] = [`${names[layer.name]!}/`, `/${path.split('/').at(-1)!}`];
      const found = placed.find(({ spec }) => spec.name.startsWith(prefix) && spec.name.endsWith(last));
      const axes = shapes[name];
      if (
        found?.spec.dtype !== 'float32' ||
        found.spec.shape.join() !== axes.join() ||
        found.spec.quantization
      ) {
        throw new InvalidWeightsError(
          `Expected ${prefix}…${last} in model.json as float32 [${axes.join(', ')}], not quantised, got ` +
            (found ? `${found.spec.dtype} [${found.spec.shape.join(', ')}]` : 'none'),
        );
      }
      weights[name] = new Float32Array(found.bytes.buffer);
    }
  }
  return { shape, weights: weights as ModelWeights, metadata: textsOf(json['userDefinedMetadata']) };
}

function fileNamed(files: Readonly<Record<string, Uint8Array>>, name: string): Uint8Array {
  const bytes = Object.hasOwn(files, name) ? files[name] : undefined;
  if (bytes) return bytes;
  throw new InvalidWeightsError(
    `Expected ${name} among the files of the model, got ${Object.keys(files).join(', ')}`,
  );
}

function parseModel(bytes: Uint8Array): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
  } catch {
    // reported below
  }
  throw new InvalidWeightsError('Expected model.json to be a JSON object, got something else');
}

/** Each weight with its bytes, in the order of the manifest: they lie one after the other in a group's files. */
function placeWeights(manifest: unknown, files: Readonly<Record<string, Uint8Array>>) {
  const placed: { spec: WeightSpec; bytes: Uint8Array }[] = [];
  for (const group of Array.isArray(manifest) ? (manifest as unknown[]) : []) {
    const { paths, weights: specs } = (group ?? {}) as { paths?: unknown; weights?: unknown };
    if (!isTexts(paths) || !Array.isArray(specs) || !specs.every(isSpec)) {
      throw new InvalidWeightsError(
        'Expected each group of weightsManifest in model.json to have paths, and weights with name, shape and dtype',
      );
    }
    const data = Buffer.concat(paths.map((path) => fileNamed(files, path)));
    let offset = 0;
    for (const spec of specs) {
      const end = offset + 4 * sizeOf(spec.shape);
      if (!(end <= data.length)) {
        throw new InvalidWeightsError(
          `Expected at least ${end} bytes of weights in ${paths.join(', ')}, got ${data.length}`,
        );
      }
      placed.push({ spec, bytes: new Uint8Array(data.subarray(offset, end)) });
      offset = end;
    }
  }
  return placed;
}

function isSpec(value: unknown): value is WeightSpec {
  const { name, shape, dtype } = (value ?? {}) as Partial<Record<string, unknown>>;
  return (
    typeof name === 'string' &&
    typeof dtype === 'string' &&
    Array.isArray(shape) &&
    shape.every((axis) => Number.isSafeInteger(axis) && (axis as number) >= 0)
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function textsOf(metadata: unknown): Record<string, string> {
  const entries = typeof metadata === 'object' && metadata !== null ? Object.entries(metadata) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function checkSize({ name, shape }: { name: string; shape: readonly number[] }, values: Float32Array): void {
  const size = sizeOf(shape);
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
