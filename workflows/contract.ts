import type { ArtifactReference } from '../artifacts/reference.js';
import type { Parameters, Stage } from '../predictor/config.js';
import type { EnginePlan } from '../predictor/engine/choose-engine.js';

/** Names and shapes that clients, workflows and workers share. Values here are names only. */

export const workflowType = 'trainBingePredictor';
export const progressQuery = 'progress';
export const epochEndedSignal = 'epochEnded';

/** Workflows and every stage but training. */
export const dataQueue = 'streamsage-data';
/** Training alone: one at a time on each worker. */
export const trainQueue = 'streamsage-train';

/**
 * Where the ratings come from. A path never travels: a local file is uploaded first and named by its content. An address
 * (without any secret: predictor/source-address.ts) is asked by the worker, each time anew.
 */
export type Source =
  | { readonly kind: 'movielens-100k' }
  | { readonly kind: 'synthetic' }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string }
  | { readonly kind: 'uploaded'; readonly name: string; readonly ratings: ArtifactReference };

/** What started a run. */
export type StartedBy = 'hand' | 'schedule' | 'backfill' | 'repair';

/** How a run stands or ended, as searches name it. */
export type Outcome = 'running' | 'completed' | 'unchanged' | 'failed' | 'cancelled';

export interface TrainInput {
  readonly source: Source;
  /** Whatever is left out takes its default (predictor/config.ts). */
  readonly parameters?: Partial<Parameters>;
  /** Ignore the store from this stage on. */
  readonly refresh?: Stage | 'all';
}

/** What every stage activity is told. */
export interface StageRequest {
  readonly run: string;
  readonly parameters: Parameters;
  /** Do the work although the store may hold its result. */
  readonly refresh: boolean;
}

/** What every stage activity returns: references and a few facts, never data. */
export interface StageOutcome<Output extends string = string> {
  /** `hit`: the store held the result; `miss`: the stage ran. */
  readonly result: 'hit' | 'miss';
  /** Key of the stage's record: stage, version, parameters that matter, input digests. */
  readonly key: string;
  /** Seconds the activity took. */
  readonly seconds: number;
  readonly outputs: Readonly<Record<Output, ArtifactReference>>;
  readonly facts: Readonly<Record<string, number | string>>;
}

/** One finished epoch. Losses in nats per window, accuracies as shares. */
export interface EpochSummary {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly valLoss: number;
  readonly valAccuracy: number;
}

/** Details of a stage's heartbeat. */
export interface StageProgress {
  readonly stage: Stage;
  /** Units of work done, of `total` where that is known. */
  readonly done: number;
  readonly total?: number;
  readonly unit: string;
  /** Training only. */
  readonly epoch?: number;
  readonly epochs?: number;
  readonly loss?: number;
  readonly accuracy?: number;
}

export interface StageState {
  readonly stage: Stage;
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  readonly result?: 'hit' | 'miss';
  readonly seconds?: number;
}

/** Metrics of the test part, as in `metrics.json`. */
export interface RunMetrics {
  readonly test: Readonly<Record<string, unknown>>;
}

export interface PublishedArtifact {
  readonly name: string;
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Answer of the `progress` query. */
export interface RunProgress {
  readonly run: string;
  readonly source: Source['kind'];
  readonly stages: readonly StageState[];
  /** What somebody should know about the data: an expired certificate, rows that were dropped. */
  readonly notes?: readonly string[];
  readonly epochs: readonly EpochSummary[];
  readonly totalEpochs: number;
  readonly metrics?: RunMetrics;
  /** What trains, once that is decided. */
  readonly plan?: EnginePlan;
}

/** Result of a finished run. */
export interface TrainResult {
  readonly run: string;
  readonly status: 'completed';
  readonly synthetic: boolean;
  readonly metrics: RunMetrics;
  readonly artifacts: readonly PublishedArtifact[];
  /** Where the ratings came from, whether they changed, how many there are, what was dropped. */
  readonly data: Readonly<Record<string, number | string>>;
  /** Engine and device that trained, why they were chosen, and from where the training went on. */
  readonly training: Readonly<Record<string, number | string>>;
  readonly stages: readonly StageState[];
}
