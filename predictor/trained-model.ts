import type { Parameters } from './config.js';
import { evaluateWeights } from './evaluation/evaluate-weights.js';
import type { TestMetrics } from './evaluation/metrics.js';
import { InvalidDataError } from './errors.js';
import { encodeWeights, type EpochMetrics } from './model/checkpoint.js';
import type { ModelShape, ModelWeights } from './model/weights.js';
import type { Dataset, SourceKind } from './prepare.js';
import { writeKerasFile as kerasFile } from './publishing/keras-file.js';
import type { ModelFileOptions } from './publishing/keras-config.js';
import { type TfjsModelFiles, writeTfjsModel as tfjsFiles } from './publishing/tfjs-model.js';
import { featureCount } from './ratings/features.js';
import { scaleFeatures } from './ratings/ratings-table.js';
import type { FeatureScalers } from './ratings/scaler.js';

/** All that predicting takes. */
export interface ScaledModel {
  readonly shape: ModelShape;
  readonly weights: ModelWeights;
  /** How stars and seconds become the model's inputs: `value × scale + offset`. */
  readonly scalers: FeatureScalers;
}

/** What training gives. */
export interface Model extends ScaledModel {
  /** Every parameter, its data set's included. */
  readonly parameters: Parameters;
  /** Losses and accuracies after each epoch; `val` is the test part. */
  readonly history: readonly EpochMetrics[];
  /** Of the test part. */
  readonly metrics: TestMetrics;
  readonly source: SourceKind;
  /** SHA-256 of the ratings it was trained on, as `u.data`. */
  readonly ratingsSha256: string;
}

/**
 * What a model was trained on and how its inputs are scaled, as its files say it: no run and no time, so that equal
 * models are equal bytes.
 */
export function modelMetadata({
  source,
  ratingsSha256,
  parameters,
  scalers,
}: {
  readonly source: SourceKind;
  readonly ratingsSha256: string;
  /** With the engine and device that were decided on, not what was asked for: `auto` gives the same file. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly scalers: FeatureScalers;
}): Record<string, string> {
  return {
    source,
    synthetic: String(source === 'synthetic'),
    ratingsSha256,
    parameters: JSON.stringify(parameters),
    scalers: JSON.stringify(scalers),
  };
}

/**
 * `binge_model.h5`: the model in Keras's HDF5 format, which Keras 2 and 3 load, predict with and train on. The same
 * model is the same bytes, and the pipeline's.
 */
export function writeKerasFile(model: Model): Promise<Uint8Array> {
  return kerasFile(model.shape, model.weights, fileOptions(model));
}

/** The model in TensorFlow.js's Layers format: files of one folder, by name. */
export function writeTfjsModel(model: Model): TfjsModelFiles {
  return tfjsFiles(model.shape, model.weights, fileOptions(model));
}

/** The weights alone, with the same statements of their origin, in the safetensors format. */
export function writeWeights(model: Model): Uint8Array {
  return encodeWeights(model.shape, model.weights, modelMetadata({ ...model }));
}

function fileOptions(model: Model): ModelFileOptions {
  const { dropout, learningRate } = model.parameters;
  return { dropout, learningRate, metadata: modelMetadata({ ...model }) };
}

/**
 * How well a model foretells a part of a data set: of the one it was trained on, or of any other. Ratings are scaled as
 * the model has learnt them.
 * @param part `test` unless said otherwise
 * @throws InvalidDataError if the data set's windows are not of the model's length; OutOfMemoryError
 */
export async function evaluate(
  { shape, weights, scalers }: ScaledModel,
  dataset: Dataset,
  part: 'train' | 'test' = 'test',
): Promise<TestMetrics> {
  const windows = dataset[part];
  if (windows.steps !== shape.steps) {
    throw new InvalidDataError(
      `Expected windows of ${shape.steps} ratings, as the model was trained on, got a data set of windows of ` +
        `${windows.steps}: prepare it with \`sequenceLength\` ${shape.steps}`,
    );
  }
  const { rating, timeDiff } = dataset.ratings;
  const features = new Float32Array(rating.length * featureCount);
  scaleFeatures({ rating, timeDiff }, scalers, features);
  return evaluateWeights(shape, weights, { ...windows, features });
}
