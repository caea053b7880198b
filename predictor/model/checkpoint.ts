import { sha256 } from '../digest.js';
import type { EpochPosition, OptimizerState } from '../engine/engine.js';
import { InvalidWeightsError } from '../errors.js';
import { decodeTensors, encodeTensors, type Tensor } from './safetensors.js';
import { type ModelShape, type ModelWeights, type WeightName, weightNames, weightShapes } from './weights.js';

/** Losses in nats per window, accuracies as shares; `val` is the test part, without dropout. */
export interface EpochMetrics {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly valLoss: number;
  readonly valAccuracy: number;
}

/** All that a training needs to go on as if it had never stopped. Everything random follows from seed and position. */
export interface Checkpoint {
  readonly shape: ModelShape;
  readonly state: OptimizerState;
  /** Epochs done. */
  readonly epoch: number;
  readonly history: readonly EpochMetrics[];
  /** Names data, parameters and code: a checkpoint of another training is of no use. */
  readonly fingerprint: string;
  /** How far into the next epoch; absent between two epochs. */
  readonly position?: EpochPosition;
  /** Weights after the epoch with the lowest validation loss; kept where training may stop early. */
  readonly best?: ModelWeights;
}

const parts = ['weights', 'firstMoment', 'secondMoment'] as const;
/** What the metadata says of the training; a digest of it lies beside, as one of the tensors does. */
const statements = ['shape', 'step', 'epoch', 'history', 'fingerprint', 'position'] as const;
const digestName = 'metadata_sha256';
const bestPrefix = 'best.';

/** Weights alone, with what a reader may want to know of them. */
export function encodeWeights(
  shape: ModelShape,
  weights: ModelWeights,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return encodeTensors({
    tensors: Object.fromEntries(tensorsOf(shape, weights, '')),
    metadata: { ...metadata, shape: JSON.stringify(shape) },
  });
}

/** @throws InvalidWeightsError */
export function decodeWeights(bytes: Uint8Array): {
  readonly shape: ModelShape;
  readonly weights: ModelWeights;
  readonly metadata: Readonly<Record<string, string>>;
} {
  const { tensors, metadata } = decodeTensors('the weights', bytes);
  const shape = decodeShape('the weights', metadata['shape']);
  return { shape, weights: weightsOf('the weights', shape, tensors, ''), metadata };
}

/** Bit for bit, so that the same state is the same bytes. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { shape, state, epoch, history, fingerprint, position, best } = checkpoint;
  const betaPowers: Tensor = { shape: [2], values: Float64Array.from(state.betaPowers) };
  const metadata = {
    shape: JSON.stringify(shape),
    step: String(state.step),
    epoch: String(epoch),
    history: JSON.stringify(history),
    fingerprint,
    ...(position ? { position: JSON.stringify(position) } : {}),
  };
  return encodeTensors({
    tensors: Object.fromEntries([
      ...parts.flatMap((part) => tensorsOf(shape, state[part], `${part}.`)),
      ...(best ? tensorsOf(shape, best, bestPrefix) : []),
      ['betaPowers', betaPowers],
    ]),
    metadata: { ...metadata, [digestName]: digest(metadata) },
  });
}

/** A checkpoint of this training; undefined for one of another, or that cannot be read. */
export function checkpointOf(fingerprint: string, bytes: Uint8Array): Checkpoint | undefined {
  try {
    const checkpoint = decodeCheckpoint(bytes);
    return checkpoint.fingerprint === fingerprint ? checkpoint : undefined;
  } catch (error) {
    if (error instanceof InvalidWeightsError) return undefined;
    throw error;
  }
}

/** @throws InvalidWeightsError */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const what = 'the checkpoint';
  const { tensors, metadata } = decodeTensors(what, bytes);
  if (metadata[digestName] !== digest(metadata)) {
    throw new InvalidWeightsError(
      `Expected ${what} to have the metadata it was written with: it was altered`,
    );
  }
  const shape = decodeShape(what, metadata['shape']);
  const powers = tensors['betaPowers']?.values;
  const [step, epoch] = [Number(metadata['step']), Number(metadata['epoch'])];
  const { fingerprint, history } = metadata;
  if (
    !(powers instanceof Float64Array) ||
    powers.length !== 2 ||
    fingerprint === undefined ||
    history === undefined
  ) {
    throw new InvalidWeightsError(`Expected ${what} to hold beta powers, history and fingerprint`);
  }
  if (!Number.isSafeInteger(step) || !Number.isSafeInteger(epoch) || step < 0 || epoch < 0) {
    throw new InvalidWeightsError(
      `Expected ${what} to hold step and epoch, got \`${step}\` and \`${epoch}\``,
    );
  }
  const [weights, firstMoment, secondMoment] = parts.map((part) =>
    weightsOf(what, shape, tensors, `${part}.`),
  ) as [ModelWeights, ModelWeights, ModelWeights];
  const betaPowers = [powers[0]!, powers[1]!] as const;
  return {
    shape,
    state: { weights, firstMoment, secondMoment, betaPowers, step },
    epoch,
    history: decodeHistory(what, history, epoch),
    fingerprint,
    ...(metadata['position'] === undefined ? {} : { position: decodePosition(what, metadata['position']) }),
    ...(Object.keys(tensors).some((name) => name.startsWith(bestPrefix))
      ? { best: weightsOf(what, shape, tensors, bestPrefix) }
      : {}),
  };
}

function tensorsOf(shape: ModelShape, weights: ModelWeights, prefix: string): [string, Tensor][] {
  const shapes = weightShapes(shape);
  return weightNames.map((name) => [`${prefix}${name}`, { shape: shapes[name], values: weights[name] }]);
}

function weightsOf(
  what: string,
  shape: ModelShape,
  tensors: Readonly<Record<string, Tensor>>,
  prefix: string,
): ModelWeights {
  const shapes = weightShapes(shape);
  const entries = weightNames.map((name) => {
    const tensor = tensors[`${prefix}${name}`];
    if (!(tensor?.values instanceof Float32Array) || tensor.shape.join() !== shapes[name].join()) {
      throw new InvalidWeightsError(
        `Expected ${what} to hold ${prefix}${name} as float32 [${shapes[name].join(', ')}], got ` +
          (tensor ? `[${tensor.shape.join(', ')}]` : 'none'),
      );
    }
    return [name, tensor.values] as const;
  });
  return Object.fromEntries(entries) as Record<WeightName, Float32Array>;
}

/** One entry an epoch, in order: a training goes on after the last. */
function decodeHistory(what: string, json: string, epochs: number): EpochMetrics[] {
  try {
    const history = JSON.parse(json) as EpochMetrics[];
    if (history.length === epochs && history.every(({ epoch }, index) => epoch === index + 1)) return history;
  } catch {
    // reported below
  }
  throw new InvalidWeightsError(`Expected ${what} to hold the metrics of epochs 1 to ${epochs}`);
}

function decodePosition(what: string, json: string): EpochPosition {
  try {
    const { steps, lossSum, correct } = JSON.parse(json) as EpochPosition;
    if (
      Number.isSafeInteger(steps) &&
      steps > 0 &&
      Number.isFinite(lossSum) &&
      Number.isSafeInteger(correct)
    ) {
      return { steps, lossSum, correct };
    }
  } catch {
    // reported below
  }
  throw new InvalidWeightsError(
    `Expected ${what} to say how far into its epoch it is, got ${JSON.stringify(json)}`,
  );
}

function digest(metadata: Readonly<Record<string, string>>): string {
  return sha256(JSON.stringify(statements.map((name) => metadata[name])));
}

function decodeShape(what: string, json: string | undefined): ModelShape {
  try {
    const { steps, features, units, denseUnits } = JSON.parse(json ?? '') as ModelShape;
    const sizes = [steps, features, units, denseUnits];
    if (sizes.every((size) => Number.isSafeInteger(size) && size > 0 && size <= 65_536)) {
      return { steps, features, units, denseUnits };
    }
  } catch {
    // reported below
  }
  throw new InvalidWeightsError(`Expected ${what} to say its model's shape, got ${JSON.stringify(json)}`);
}
