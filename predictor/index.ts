/**
 * The library: ratings in, a trained predictor and its files out, without Temporal, S3 or TensorFlow
 * (docs/library.md). What is exported here keeps its meaning within a major version; nothing else of this room does.
 */
export {
  type Dataset,
  type DatasetParameters,
  prepare,
  type PrepareOptions,
  type RatingCounts,
  type SourceKind,
  type WindowCounts,
} from './prepare.js';
export { train, type TrainingOptions, type TrainingParameters } from './train-model.js';
export {
  evaluate,
  type Model,
  type ScaledModel,
  writeKerasFile,
  writeTfjsModel,
  writeWeights,
} from './trained-model.js';
export { loadPredictor, type LoadOptions, type Predictor, type RawWindows } from './load-predictor.js';
export { syntheticRatings } from './ratings/synthetic.js';

export { InvalidParameterError } from './config.js';
export { InvalidDataError, InvalidWeightsError, OutOfMemoryError, TrainingDivergedError } from './errors.js';

export type { Parameters } from './config.js';
export type { LearningRateKind } from './engine/learning-rate.js';
export type { TestMetrics } from './evaluation/metrics.js';
export type { EpochMetrics } from './model/checkpoint.js';
export type { ModelShape, ModelWeights } from './model/weights.js';
export type { TfjsModelFiles } from './publishing/tfjs-model.js';
export type { RatingValues } from './ratings/format.js';
export type { RatingsTable } from './ratings/ratings-table.js';
export type { FeatureScalers, MinMaxScaler } from './ratings/scaler.js';
export type { SavedTraining, TrainingProgress } from './training-job.js';
export type { WindowSet } from './windows/window-set.js';
export type { WindowParameters } from './windows/window-table.js';
