import { InvalidParameterError, type Parameters, resolveParameters } from './config.js';
import { sha256 } from './digest.js';
import type { EnginePlan } from './engine/choose-engine.js';
import type { LearningRateKind } from './engine/learning-rate.js';
import { wasmRuntime } from './engine/wasm/kernel-module.js';
import { createWasmEngine } from './engine/wasm/wasm-engine.js';
import { evaluateWeights } from './evaluation/evaluate-weights.js';
import { decodeCheckpoint, type EpochMetrics } from './model/checkpoint.js';
import type { Dataset } from './prepare.js';
import { trainedWeights } from './train.js';
import type { Model } from './trained-model.js';
import { decisiveParameters, trainingFingerprint } from './training-identity.js';
import { runTrainingJob, type SavedTraining, type TrainingProgress } from './training-job.js';

/** Parameters of a training; ranges and reasons are in predictor/config.ts. What is left out takes its default. */
export interface TrainingParameters {
  /** Passes over the train part; 10. */
  readonly epochs?: number;
  /** Windows of one Adam step; 32. */
  readonly batchSize?: number;
  /** Width of the LSTM; 64. */
  readonly lstmUnits?: number;
  /** Share of the LSTM's outputs dropped in training; 0.2. */
  readonly dropout?: number;
  /** Width of the hidden dense layer; 32. */
  readonly denseUnits?: number;
  /** Adam's step size; 0.001. */
  readonly learningRate?: number;
  /** How the learning rate falls, as Keras's PolynomialDecay(power=1) and CosineDecay; `constant`. */
  readonly learningRateSchedule?: LearningRateKind;
  /** Epochs after which a falling learning rate is 0; 10. */
  readonly decayEpochs?: number;
  /** Epochs without a lower validation loss after which training stops and keeps its best weights; 0: never. */
  readonly patience?: number;
  /** Gradients of a larger norm, over all weights, are scaled down to this; 0: never. */
  readonly clipNorm?: number;
  /** What a window that is no binge counts for in the training loss; 1. */
  readonly stopWeight?: number;
  /** What a binge counts for in the training loss; 1. */
  readonly bingeWeight?: number;
}

/** What is told to `train`, and what it tells. */
export interface TrainingOptions {
  readonly parameters?: TrainingParameters | undefined;
  /** Stops the training after the step under way. */
  readonly signal?: AbortSignal | undefined;
  /** A checkpoint's bytes: goes on from there as if the training had never stopped. */
  readonly resumeFrom?: Uint8Array | undefined;
  /** Seconds within an epoch after which a checkpoint is made; only after epochs if left out. */
  readonly checkpointSeconds?: number | undefined;
  /** Called at most twenty times a second. */
  onProgress?(progress: TrainingProgress): void;
  /** Called after each epoch, before its checkpoint; waited for. */
  onEpoch?(metrics: EpochMetrics): void | Promise<void>;
  /** Called with a state to go on from: after each epoch, after `checkpointSeconds`, and when stopped; waited for. */
  onCheckpoint?(saved: SavedTraining): void | Promise<void>;
}

/** In the order of `TrainingParameters`. */
export const trainingParameterNames = [
  'epochs',
  'batchSize',
  'lstmUnits',
  'dropout',
  'denseUnits',
  'learningRate',
  'learningRateSchedule',
  'decayEpochs',
  'patience',
  'clipNorm',
  'stopWeight',
  'bingeWeight',
] as const satisfies readonly (keyof TrainingParameters)[];

/**
 * Trains the binge predictor on this thread, by the WebAssembly engine: LSTM → Dropout → Dense(relu) → Dense(sigmoid),
 * binary cross-entropy, Adam. The same data, parameters and seed (the data set's) give the same weights on every
 * machine, to the bit, however often the training was stopped and went on. Other work of the process has its turn every
 * 50 ms.
 * @returns the weights of the last epoch; with `patience`, of the one with the lowest validation loss
 * @throws InvalidParameterError; InvalidWeightsError if `resumeFrom` is damaged, or of another training;
 * TrainingDivergedError; OutOfMemoryError; the signal's reason, once it has stopped; whatever a callback throws
 */
export async function train(dataset: Dataset, options: TrainingOptions = {}): Promise<Model> {
  const { signal, resumeFrom, checkpointSeconds } = options;
  signal?.throwIfAborted();
  const parameters = allParameters(dataset, options.parameters ?? {});
  const plan = enginePlan();
  const fingerprint = trainingFingerprint(decisiveParameters(parameters, plan), {
    ratingsTable: sha256(dataset.ratingsArrow),
    windowTable: sha256(dataset.windowsArrow),
  });
  let told: void | Promise<void>;
  const result = await runTrainingJob(
    {
      ratingsTable: dataset.ratingsArrow,
      windowTable: dataset.windowsArrow,
      ...{ parameters, plan, fingerprint },
      ...(resumeFrom ? { resumeFrom } : {}),
      ...(checkpointSeconds === undefined ? {} : { checkpointSeconds }),
    },
    (_, engineOptions) => createWasmEngine(engineOptions),
    {
      progress: (progress) => options.onProgress?.(progress),
      epochEnded(metrics) {
        told = options.onEpoch?.(metrics);
      },
      async save(saved) {
        await told;
        await options.onCheckpoint?.(saved);
      },
      stopRequested: () => signal?.aborted ?? false,
    },
  );
  if (!result.finished) signal?.throwIfAborted();
  const final = decodeCheckpoint(result.checkpoint);
  const { shape, history } = final;
  const weights = trainedWeights(final);
  const { source, ratingsSha256 } = dataset;
  const { scalers } = dataset.ratings;
  const metrics = await evaluateWeights(shape, weights, dataset.test);
  return { shape, weights, scalers, parameters, history, metrics, source, ratingsSha256 };
}

/** @throws InvalidParameterError also for a parameter that is none of a training's */
function allParameters(dataset: Dataset, given: TrainingParameters): Parameters {
  const names: readonly string[] = trainingParameterNames;
  const other = Object.keys(given).find((name) => !names.includes(name));
  if (other !== undefined) {
    throw new InvalidParameterError(
      `Expected a parameter of a training (${names.join(', ')}), got \`${other}\`: seed and windows are the data set's, ` +
        'and the engine is WebAssembly',
    );
  }
  return resolveParameters({ ...given, ...dataset.parameters, engine: 'wasm', device: 'cpu' });
}

function enginePlan(): EnginePlan {
  return {
    engine: 'wasm',
    device: 'cpu',
    fastMath: false,
    reason: "the library's engine",
    runtime: wasmRuntime(),
  };
}
