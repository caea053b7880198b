import type { Parameters } from './config.js';
import type { EngineChoice, EnginePlan } from './engine/choose-engine.js';
import type { EngineOptions, EpochProgress, TrainingEngine } from './engine/engine.js';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  type EpochMetrics,
} from './model/checkpoint.js';
import { decodeRatings } from './ratings/ratings-table.js';
import { isTrained, train } from './train.js';
import type { SplitWindows } from './windows/window-set.js';
import { decodeWindows } from './windows/window-table.js';

/** A training as bytes and numbers, so that it can cross a process boundary. */
export interface TrainingJob {
  /** Arrow table of preprocessed ratings. */
  readonly ratingsTable: Uint8Array;
  /** Arrow table of windows. */
  readonly windowTable: Uint8Array;
  readonly parameters: Parameters;
  readonly plan: EnginePlan;
  /** Names data, parameters, code and engine; a checkpoint carries it. */
  readonly fingerprint: string;
  /** Encoded checkpoint to go on from. */
  readonly resumeFrom?: Uint8Array;
  /** Seconds within an epoch after which a checkpoint is made; none if left out. */
  readonly checkpointSeconds?: number;
}

/** How far a training is within its epoch. */
export interface TrainingProgress extends EpochProgress {
  /** The epoch under way, from 1. */
  readonly epoch: number;
  readonly epochs: number;
}

/** A state to go on from: doing so gives the same bytes as never having stopped. */
export interface SavedTraining {
  /** Epochs done. */
  readonly epoch: number;
  /** Steps into the next. */
  readonly step: number;
  readonly checkpoint: Uint8Array;
}

export interface TrainingReports {
  progress(progress: TrainingProgress): void;
  epochEnded(metrics: EpochMetrics): void;
  /** A state to keep: after an epoch, within one after `checkpointSeconds`, or because the training was asked to stop. */
  save(saved: SavedTraining): void | Promise<void>;
  /** Whether the training is to stop after this step. */
  stopRequested?(): boolean;
}

export interface TrainingResult {
  /** False where it was asked to stop. */
  readonly finished: boolean;
  /** The last state, encoded. */
  readonly checkpoint: Uint8Array;
}

/** Makes the engine that was planned. @throws EngineUnavailableError if it is not here, or not of the same runtime */
export type EngineFactory = (plan: EnginePlan, options: EngineOptions) => Promise<TrainingEngine>;

/**
 * Trains the predictor.
 * @throws InvalidDataError, InvalidWeightsError, TrainingDivergedError, EngineUnavailableError, OutOfMemoryError
 */
export async function runTrainingJob(
  job: TrainingJob,
  createEngine: EngineFactory,
  reports: TrainingReports,
): Promise<TrainingResult> {
  const { parameters, fingerprint, plan } = job;
  const { epochs, seed, patience } = parameters;
  const data = decodeWindows(job.windowTable, decodeRatings(job.ratingsTable));
  const options = engineOptions(parameters, data, plan);
  const { shape } = options;
  const engine = await createEngine(plan, options);
  const resumeFrom = job.resumeFrom && decodeCheckpoint(job.resumeFrom);
  const timer = createTimer(job.checkpointSeconds ?? Infinity);
  const final = await train(
    engine,
    data,
    { shape, epochs, seed, patience, fingerprint, ...(resumeFrom ? { resumeFrom } : {}) },
    {
      onProgress: (progress) => reports.progress({ ...progress, epochs }),
      onEpoch(checkpoint, metrics) {
        timer.restart();
        reports.epochEnded(metrics);
        return reports.save(savedTraining(checkpoint()));
      },
      interruption: () => (reports.stopRequested?.() ? 'stop' : timer.isOver() ? 'save' : undefined),
      onInterrupted(checkpoint) {
        timer.restart();
        return reports.save(savedTraining(checkpoint));
      },
    },
  );
  return { finished: isTrained(final, epochs, patience), checkpoint: encodeCheckpoint(final) };
}

function savedTraining(checkpoint: Checkpoint): SavedTraining {
  const { epoch, position } = checkpoint;
  return { epoch, step: position?.steps ?? 0, checkpoint: encodeCheckpoint(checkpoint) };
}

function engineOptions(parameters: Parameters, data: SplitWindows, choice: EngineChoice): EngineOptions {
  const { batchSize, learningRate, dropout, seed, clipNorm, stopWeight, bingeWeight } = parameters;
  const stepsPerEpoch = Math.ceil(data.train.label.length / batchSize);
  return {
    shape: {
      steps: data.train.steps,
      features: data.train.featureCount,
      units: parameters.lstmUnits,
      denseUnits: parameters.denseUnits,
    },
    batchSize,
    learningRate,
    dropout,
    seed,
    schedule: {
      kind: parameters.learningRateSchedule,
      decaySteps: parameters.decayEpochs * stepsPerEpoch,
    },
    classWeights: [stopWeight, bingeWeight],
    clipNorm,
    fastMath: choice.fastMath,
  };
}

function createTimer(seconds: number) {
  let started = performance.now();
  return {
    isOver: () => performance.now() - started > seconds * 1000,
    restart() {
      started = performance.now();
    },
  };
}
