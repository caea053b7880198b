import h5wasm, { type Dataset, type File, type Group } from 'h5wasm';
import { InvalidWeightsError } from '../errors.js';
import { type ModelShape, type ModelWeights, type WeightName, weightShapes } from '../model/weights.js';
import {
  kerasLayers,
  kerasVersion,
  modelConfig,
  type ModelFileOptions,
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

/**
 * Reads weights out of a Keras file of this model, ours or one that Keras wrote.
 * @param shape what the file must hold
 * @throws InvalidWeightsError
 */
export async function readKerasWeights(bytes: Uint8Array, shape: ModelShape): Promise<ModelWeights> {
  const shapes = weightShapes(shape);
  const weights: Partial<Record<WeightName, Float32Array>> = {};
  await withFile('r', bytes, (file) => {
    for (const layer of kerasLayers) {
      for (const [name, path] of Object.entries(layer.weights) as [WeightName, string][]) {
        const dataset = findDataset(file, `model_weights/${layer.name}`, path.split('/').at(-1)!);
        const expected = shapes[name];
        if (dataset?.shape?.join() !== expected.join() || !(dataset.value instanceof Float32Array)) {
          throw new InvalidWeightsError(
            `Expected ${layer.name}/${path} in the Keras file as float32 [${expected.join(', ')}], got ` +
              (dataset ? `[${dataset.shape?.join(', ') ?? ''}]` : 'none'),
          );
        }
        weights[name] = Float32Array.from(dataset.value);
      }
    }
  });
  return weights as ModelWeights;
}

/** The dataset of this name somewhere below a group: Keras's versions nest them differently. */
function findDataset(file: File, path: string, name: string): Dataset | undefined {
  const group = file.get(path);
  if (!group || !('keys' in group)) return undefined;
  for (const key of group.keys()) {
    const child = file.get(`${path}/${key}`);
    if (key === name && child && 'dtype' in child) return child;
    const deeper = findDataset(file, `${path}/${key}`, name);
    if (deeper) return deeper;
  }
  return undefined;
}

/** Opens a file in the library's memory, one at a time, and gives back its bytes. */
function withFile(
  mode: 'r' | 'w',
  bytes: Uint8Array | undefined,
  work: (file: File) => void,
): Promise<Uint8Array> {
  const result = turn.then(async () => {
    const { FS } = await h5wasm.ready;
    const path = `/model-${++files}.h5`;
    if (bytes) FS.writeFile(path, bytes);
    const thaw = freezeClock();
    try {
      const file = openFile(path, mode);
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

function openFile(path: string, mode: 'r' | 'w'): File {
  try {
    const file = new h5wasm.File(path, mode);
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
