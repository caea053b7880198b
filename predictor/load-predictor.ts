import { createWasmPredictor } from './engine/wasm/wasm-predictor.js';
import { InvalidDataError, InvalidWeightsError } from './errors.js';
import { decodeWeights } from './model/checkpoint.js';
import { checkShape } from './model/shape-limits.js';
import { type ModelShape, type ModelWeights, sizeOf, weightNames, weightShapes } from './model/weights.js';
import { readKerasFile } from './publishing/read-keras-file.js';
import { readTfjsModel } from './publishing/tfjs-model.js';
import { scaleFeatures } from './ratings/ratings-table.js';
import { type FeatureScalers, parseScalers } from './ratings/scaler.js';
import type { ScaledModel } from './trained-model.js';

/** Windows in raw units, one after the other in each column: [windows × steps], a user's ratings oldest first. */
export interface RawWindows {
  /** Stars, 1 to 5. */
  readonly rating: ArrayLike<number>;
  /** Seconds since the same user's previous rating, wherever that lies; 0 for a user's first. */
  readonly timeDiff: ArrayLike<number>;
}

/** What is told to `loadPredictor` beside the model. */
export interface LoadOptions {
  /** How inputs are scaled, where the file does not say: weights alone, or a file that Keras saved again. */
  readonly scalers?: FeatureScalers | undefined;
}

/** A model that is ready to be asked. */
export interface Predictor extends ScaledModel {
  /** What the file says of the model's origin: source, ratingsSha256, parameters, scalers; or nothing. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Probability, for each window, that its user's next rating follows in less than the binge threshold.
   * @param windows [windows × steps] stars and seconds
   * @returns float32 [windows]
   * @throws InvalidDataError if the columns are not whole windows, or a value is out of its range; the signal's reason
   */
  predict(
    windows: RawWindows,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Float32Array>;
}

/** The largest file that is read, bytes: the largest model with Keras's optimizer beside its weights is half of it. */
const maximumBytes = 128 * 1024 * 1024;
/** HDF5's, at the beginning of every file. */
const hdf5Signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Makes a predictor of a model, or of a file, which is taken as hostile: layers, shapes and values are checked before
 * anything is computed.
 * @param model what `train` gave; or the bytes of `binge_model.h5`, of a Keras file of the same layers, or of weights in
 * safetensors; or the files of `tfjs/` by name
 * @throws InvalidWeightsError if the file is damaged, too large, of another model, or says nothing of its scalers;
 * OutOfMemoryError
 */
export async function loadPredictor(
  model: ScaledModel | Uint8Array | Readonly<Record<string, Uint8Array>>,
  options: LoadOptions = {},
): Promise<Predictor> {
  const { shape, weights, scalers, metadata } = await readModel(model, options);
  checkShape(shape);
  checkWeights(shape, weights);
  const engine = await createWasmPredictor(shape, weights);
  return {
    shape,
    weights,
    scalers,
    metadata,
    async predict(windows, { signal } = {}) {
      const count = countWindows(windows, shape.steps);
      return engine.predict(
        count,
        (features, from, to) => {
          checkValues(windows, from * shape.steps, to * shape.steps, shape.steps);
          scaleFeatures(windows, scalers, features, from * shape.steps, to * shape.steps);
        },
        signal,
      );
    },
  };
}

type ReadModel = Pick<Predictor, 'shape' | 'weights' | 'scalers' | 'metadata'>;

async function readModel(
  model: ScaledModel | Uint8Array | Readonly<Record<string, Uint8Array>>,
  options: LoadOptions,
): Promise<ReadModel> {
  if (isTrained(model)) {
    const { shape, weights, scalers } = model;
    return { shape, weights, scalers: options.scalers ?? scalers, metadata: {} };
  }
  const file = await readModelFile(model);
  const scalers = options.scalers ?? parseScalers(ownValue(file.metadata, 'scalers'));
  if (!scalers) {
    throw new InvalidWeightsError(
      'Expected the model file to say how its inputs are scaled (`scalers`), got none: pass `{ scalers }`, which a data ' +
        "set's `ratings` and a model have",
    );
  }
  return { ...file, scalers };
}

async function readModelFile(
  file: Uint8Array | Readonly<Record<string, Uint8Array>>,
): Promise<Omit<ReadModel, 'scalers'>> {
  const bytes = file instanceof Uint8Array ? file.length : totalBytes(file);
  if (bytes > maximumBytes) {
    throw new InvalidWeightsError(
      `Expected a model file of at most ${maximumBytes} bytes, got ${bytes}: the largest model is smaller`,
    );
  }
  if (!(file instanceof Uint8Array)) return readTfjsModel(file);
  const isHdf5 = hdf5Signature.every((byte, index) => file[index] === byte);
  return isHdf5 ? readKerasFile(file) : decodeWeights(file);
}

function isTrained(model: unknown): model is ScaledModel {
  return (
    typeof model === 'object' &&
    model !== null &&
    !(model instanceof Uint8Array) &&
    'shape' in model &&
    'weights' in model &&
    'scalers' in model
  );
}

function totalBytes(files: unknown): number {
  const parts = typeof files === 'object' && files !== null ? Object.values(files) : [];
  if (parts.length === 0 || !parts.every((part) => part instanceof Uint8Array)) {
    throw new InvalidWeightsError(
      'Expected a model, the bytes of a model file (a Uint8Array), or the files of tfjs/ by name, got ' +
        (parts.length > 0 ? `{ ${Object.keys(files as object).join(', ')} }` : typeof files),
    );
  }
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function ownValue(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function checkWeights(shape: ModelShape, weights: ModelWeights): void {
  const shapes = weightShapes(shape);
  for (const name of weightNames) {
    const size = sizeOf(shapes[name]);
    const values: unknown = weights[name];
    if (!(values instanceof Float32Array) || values.length !== size) {
      throw new InvalidWeightsError(
        `Expected ${name} to be float32 [${shapes[name].join(', ')}], got ` +
          (values instanceof Float32Array ? `${values.length} values` : typeof values),
      );
    }
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong !== -1) {
      throw new InvalidWeightsError(
        `Expected finite weights, got \`${values[wrong]!}\` at place ${wrong} of ${name}`,
      );
    }
  }
}

function countWindows({ rating, timeDiff }: RawWindows, steps: number): number {
  const count = rating.length / steps;
  if (!Number.isSafeInteger(count) || timeDiff.length !== rating.length) {
    throw new InvalidDataError(
      `Expected whole windows of ${steps} ratings, as many values in \`rating\` as in \`timeDiff\`, got ` +
        `${rating.length} and ${timeDiff.length}`,
    );
  }
  return count;
}

function checkValues({ rating, timeDiff }: RawWindows, from: number, to: number, steps: number): void {
  for (let row = from; row < to; row++) {
    const stars = rating[row]!;
    const seconds = timeDiff[row]!;
    if (!(stars >= 1 && stars <= 5) || !(seconds >= 0 && seconds < Infinity)) {
      throw new InvalidDataError(
        `Expected stars from 1 to 5 and seconds of at least 0 in window ${Math.floor(row / steps)}, step ${row % steps}, ` +
          `got \`${stars}\` and \`${seconds}\``,
      );
    }
  }
}
