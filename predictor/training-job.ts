import type { Parameters } from './config.js';
import type { EpochProgress } from './engine/engine.js';
import { createWasmEngine } from './engine/wasm/wasm-engine.js';
import { decodeCheckpoint, encodeCheckpoint, type EpochMetrics } from './model/checkpoint.js';
import { decodeRatings } from './ratings/ratings-table.js';
import { train } from './train.js';
import { decodeWindows } from './windows/window-table.js';

/** A training as bytes and numbers, so that it can cross a process boundary. */
export interface TrainingJob {
  /** Arrow table of preprocessed ratings. */
  readonly ratingsTable: Uint8Array;
  /** Arrow table of windows. */
  readonly windowTable: Uint8Array;
  readonly parameters: Parameters;
  /** Names data, parameters and code; a checkpoint carries it. */
  readonly fingerprint: string;
  /** Encoded checkpoint to go on from. */
  readonly resumeFrom?: Uint8Array;
}

export interface TrainingProgress extends EpochProgress {
  /** The epoch under way, from 1. */
  readonly epoch: number;
  readonly epochs: number;
}

export interface TrainingReports {
  progress(progress: TrainingProgress): void;
  /** @param checkpoint encoded; going on from it gives the same bytes as never having stopped */
  epochEnded(metrics: EpochMetrics, checkpoint: Uint8Array): void | Promise<void>;
}

/**
 * Trains the predictor on the CPU engine.
 * @returns the encoded checkpoint after the last epoch
 * @throws InvalidDataError, InvalidWeightsError, TrainingDivergedError
 */
export async function runTrainingJob(job: TrainingJob, reports: TrainingReports): Promise<Uint8Array> {
  const { parameters, fingerprint } = job;
  const data = decodeWindows(job.windowTable, decodeRatings(job.ratingsTable));
  const shape = {
    steps: data.train.steps,
    features: data.train.featureCount,
    units: parameters.lstmUnits,
    denseUnits: parameters.denseUnits,
  };
  const engine = await createWasmEngine({
    shape,
    batchSize: parameters.batchSize,
    learningRate: parameters.learningRate,
    dropout: parameters.dropout,
    seed: parameters.seed,
  });
  const resumeFrom = job.resumeFrom && decodeCheckpoint(job.resumeFrom);
  const final = await train(
    engine,
    data,
    {
      shape,
      epochs: parameters.epochs,
      seed: parameters.seed,
      fingerprint,
      ...(resumeFrom ? { resumeFrom } : {}),
    },
    {
      onProgress: (progress) => reports.progress({ ...progress, epochs: parameters.epochs }),
      onEpoch: (checkpoint, metrics) => reports.epochEnded(metrics, encodeCheckpoint(checkpoint())),
    },
  );
  return encodeCheckpoint(final);
}
