import type { Dataset, File, Group, h5wasm } from 'h5wasm';
import { InvalidWeightsError } from '../errors.js';
import { type ModelShape, type ModelWeights, type WeightName, weightShapes } from '../model/weights.js';
import {
  kerasLayers,
  kerasVersion,
  modelConfig,
  type ModelFileOptions,
  readModelConfig,
  trainingConfig,
} from './keras-config.js';

const metadataPrefix = 'streamsage_';

let files = 0;
let turn: Promise<unknown> = Promise.resolve();

/**
 * The model as `model.save('….h5')` writes it: Keras 2 and 3 load it, predict and train on. Without a group
 * `optimizer_weights`, since Keras 3 cannot train on after loading one. The same model is the same bytes.
 */
export async function writeKerasFile(
  shape: ModelShape,
  weights: ModelWeights,
  options: ModelFileOptions,
): Promise<Uint8Array> {
  return withFile('w', undefined, (file) => {
    file.create_attribute('keras_version', kerasVersion);
    file.create_attribute('backend', 'tensorflow');
    file.create_attribute('model_config', JSON.stringify(modelConfig(shape, options.dropout)));
    file.create_attribute('training_config', JSON.stringify(trainingConfig(options.learningRate)));
    for (const [name, value] of Object.entries(options.metadata ?? {})) {
      file.create_attribute(`${metadataPrefix}${name}`, value);
    }
    const root = file.create_group('model_weights');
    root.create_attribute('keras_version', kerasVersion);
    root.create_attribute('backend', 'tensorflow');
    root.create_attribute(
      'layer_names',
      kerasLayers.map(({ name }) => name),
    );
    for (const layer of kerasLayers) writeLayer(root.create_group(layer.name), layer, shape, weights);
  });
}

function writeLayer(
  group: Group,
  layer: (typeof kerasLayers)[number],
  shape: ModelShape,
  weights: ModelWeights,
): void {
  const shapes = weightShapes(shape);
  const entries = Object.entries(layer.weights) as [WeightName, string][];
  // A layer without weights has no such attribute: an empty list of strings is not representable here.
  if (entries.length === 0) return;
  group.create_attribute(
    'weight_names',
    entries.map(([, path]) => `${layer.name}/${path}`),
  );
  for (const [name, path] of entries) {
    const parts = [layer.name, ...path.split('/')];
    let parent = group;
    for (const part of parts.slice(0, -1))
      parent = (parent.get(part) as Group | null) ?? parent.create_group(part);
    parent.create_dataset({
      name: parts.at(-1)!,
      data: weights[name],
      shape: [...shapes[name]],
      dtype: '<f',
    });
  }
}

export interface KerasModel {
  readonly shape: ModelShape;
  readonly weights: ModelWeights;
  /** What we wrote of the model's origin; nothing where Keras wrote the file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a Keras file of this model, ours or one that Keras wrote, on this thread. Layers, sizes and layout are checked
 * before weights are read; yet the HDF5 library itself may never end on damaged bytes (read-keras-file.ts).
 * @throws InvalidWeightsError if it is damaged, or of another model
 */
export async function parseKerasFile(bytes: Uint8Array): Promise<KerasModel> {
  return readFile(bytes, (file) => {
    const { shape, names } = readModelConfig('the Keras file', modelConfigOf(file));
    const metadata = Object.keys(file.attrs)
      .filter((name) => name.startsWith(metadataPrefix))
      .map((name) => [name.slice(metadataPrefix.length), textAttribute(file, name)] as const);
    return { shape, weights: weightsOf(file, shape, names), metadata: Object.fromEntries(metadata) };
  });
}

/**
 * Reads weights out of a Keras file of this model, ours or one that Keras wrote.
 * @param shape what the file must hold
 * @throws InvalidWeightsError
 */
export function readKerasWeights(bytes: Uint8Array, shape: ModelShape): Promise<ModelWeights> {
  return readFile(bytes, (file) => weightsOf(file, shape, {}));
}

function modelConfigOf(file: File): unknown {
  try {
    return JSON.parse(textAttribute(file, 'model_config'));
  } catch (error) {
    if (error instanceof InvalidWeightsError) throw error;
    throw new InvalidWeightsError('Expected `model_config` of the Keras file to be JSON, got something else');
  }
}

function textAttribute(file: File, name: string): string {
  const value = Object.hasOwn(file.attrs, name) ? file.attrs[name]!.value : undefined;
  if (typeof value === 'string') return value;
  throw new InvalidWeightsError(
    `Expected the Keras file to have an attribute \`${name}\` of text, got ${value === undefined ? 'none' : typeof value}`,
  );
}

/** @param names of layers, where they are not ours */
function weightsOf(file: File, shape: ModelShape, names: Readonly<Record<string, string>>): ModelWeights {
  const shapes = weightShapes(shape);
  const weights: Partial<Record<WeightName, Float32Array>> = {};
  for (const layer of kerasLayers) {
    for (const [name, path] of Object.entries(layer.weights) as [WeightName, string][]) {
      const group = `model_weights/${names[layer.name] ?? layer.name}`;
      const dataset = findDataset(file, group, path.split('/').at(-1)!);
      const expected = shapes[name];
      // Size and layout first: reading takes as much memory as they say.
      const isPlain =
        dataset?.shape?.join() === expected.join() && dataset.dtype === '<f' && !dataset.metadata.chunks;
      const value = isPlain ? dataset.value : undefined;
      if (!(value instanceof Float32Array)) {
        throw new InvalidWeightsError(
          `Expected ${layer.name}/${path} in the Keras file as float32 [${expected.join(', ')}], got ` +
            (dataset
              ? `[${dataset.shape?.join(', ') ?? ''}]${dataset.metadata.chunks ? ' in chunks: save it without compression' : ''}`
              : 'none'),
        );
      }
      weights[name] = Float32Array.from(value);
    }
  }
  return weights as ModelWeights;
}

/** Groups and datasets that are looked at below a layer: Keras nests five deep, and a hostile file has circles. */
const searched = 200;

/** The dataset of this name somewhere below a group: Keras's versions nest them differently. */
function findDataset(file: File, path: string, name: string): Dataset | undefined {
  const waiting = [path];
  for (let seen = 0; seen < searched && waiting.length > 0; seen++) {
    const at = waiting.shift()!;
    const group = file.get(at);
    if (!group || !('keys' in group)) continue;
    for (const key of group.keys().slice(0, searched)) {
      const child = file.get(`${at}/${key}`);
      // Keras 2 adds the number of the output to the name.
      if ((key === name || key === `${name}:0`) && child && 'dtype' in child) return child;
      waiting.push(`${at}/${key}`);
    }
  }
  return undefined;
}

/** @throws InvalidWeightsError, also where the library stumbles */
async function readFile<Result>(bytes: Uint8Array, work: (file: File) => Result): Promise<Result> {
  let read: { readonly result: Result } | undefined;
  try {
    await withFile('r', bytes, (file) => (read = { result: work(file) }));
  } catch (error) {
    if (error instanceof InvalidWeightsError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidWeightsError(
      `Expected a whole Keras model in HDF5, got one that cannot be read: ${reason}`,
    );
  }
  return read!.result;
}

/** Opens a file in the library's memory, one at a time, and gives back its bytes. */
function withFile(
  mode: 'r' | 'w',
  bytes: Uint8Array | undefined,
  work: (file: File) => void,
): Promise<Uint8Array> {
  const result = turn.then(async () => {
    const { default: library } = await import('h5wasm');
    const { FS } = await library.ready;
    const path = `/model-${++files}.h5`;
    if (bytes) FS.writeFile(path, bytes);
    const thaw = freezeClock();
    try {
      const file = openFile(library, path, mode);
      try {
        work(file);
      } finally {
        file.close();
      }
      return Uint8Array.from(FS.readFile(path));
    } finally {
      thaw();
      if (FS.analyzePath(path, false).exists) FS.unlink(path);
    }
  });
  turn = result.catch(() => undefined);
  return result;
}

function openFile(library: typeof h5wasm, path: string, mode: 'r' | 'w'): File {
  try {
    const file = new library.File(path, mode);
    if (file.file_id > 0n) return file;
  } catch {
    // reported below
  }
  throw new InvalidWeightsError(
    'Expected a Keras model in HDF5, got a file that is truncated or something else',
  );
}

/** HDF5 stamps each object with the time. Synchronous work only may run meanwhile. */
function freezeClock(): () => void {
  const { now } = Date;
  Date.now = () => 0;
  return () => {
    Date.now = now;
  };
}
