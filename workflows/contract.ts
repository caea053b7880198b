import type { ArtifactReference } from '../artifacts/reference.js';
import type { Parameters, Stage } from '../predictor/config.js';
import type { Device, EnginePlan } from '../predictor/engine/choose-engine.js';
import type { FailureClass, RunFailure } from './failures.js';

/** Names and shapes that clients, workflows and workers share. Values here are names only. */

export const workflowType = 'trainBingePredictor';
export const progressQuery = 'progress';
export const trainingBegunSignal = 'trainingBegun';
export const epochEndedSignal = 'epochEnded';
export const repairUpdate = 'repair';

/** Workflows and every stage but training. */
export const dataQueue = 'streamsage-data';
/** Training alone, by the device that it is to have: one at a time on each worker and queue. */
export const trainQueues = {
  cpu: 'streamsage-train-cpu',
  gpu: 'streamsage-train-gpu',
} as const satisfies Record<Device, string>;

/** Activities that are a part of a stage, not the whole of it; the others are called like their stage. */
export const activityStages: Readonly<Record<string, Stage>> = {
  startOf: 'download',
  findUnchanged: 'download',
  placeTraining: 'train',
  planTraining: 'train',
};

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
export const starters = ['hand', 'schedule', 'backfill', 'repair'] as const;
export type StartedBy = (typeof starters)[number];

/** How a run stands or ended, as searches name it. */
export const outcomes = ['running', 'blocked', 'completed', 'unchanged', 'failed', 'cancelled'] as const;
export type Outcome = (typeof outcomes)[number];

/** What a run does when a stage fails for good: waits for a repair, or ends. */
export const failureChoices = ['block', 'fail'] as const;
export type OnFailure = (typeof failureChoices)[number];

/** Seconds that a blocked run waits for a repair, unless it is told otherwise: a week; and what it may be told. */
export const repairSeconds = { default: 604_800, minimum: 1, maximum: 31_536_000 } as const;

/** What to do where a run with the same data, configuration and code has been published. */
export const unchangedChoices = ['skip', 'train'] as const;
export type OnUnchanged = (typeof unchangedChoices)[number];

/** Through which schedule a run was started. */
export interface ScheduledStart {
  readonly name: string;
  /** The time it was due there, or is run for: ISO 8601, UTC, whole seconds. */
  readonly time: string;
}

export interface TrainInput {
  readonly source: Source;
  /** Whatever is left out takes its default (predictor/config.ts). */
  readonly parameters?: Partial<Parameters>;
  /** Ignore the store from this stage on. */
  readonly refresh?: Stage | 'all';
  /** `train` if left out. */
  readonly onUnchanged?: OnUnchanged;
  /** `fail` if left out. */
  readonly onFailure?: OnFailure;
  /** How long a blocked run waits for a repair before it ends as failed; `repairSeconds` if left out. */
  readonly repairWithinSeconds?: number;
  /** What started the run: a hand if left out. A schedule's runs find out themselves. */
  readonly startedBy?: StartedBy;
  /** In a schedule's input: since when it starts runs, ISO 8601, UTC. A run due before is a backfill. */
  readonly scheduledSince?: string;
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
  /** Why: which earlier run had the same inputs and parameters, or what differs. Earlier versions do not say. */
  readonly reason?: string;
  /** Key of the stage's record: stage, version, parameters that matter, input digests. */
  readonly key: string;
  /** Seconds the activity took. */
  readonly seconds: number;
  readonly outputs: Readonly<Record<Output, ArtifactReference>>;
  readonly facts: Readonly<Record<string, number | string>>;
}

/** An attempt at the training has begun. */
export interface TrainingBegun {
  /** Of this run, from 1. */
  readonly attempt: number;
  /** The run is told of each so-manieth epoch, and of the last. */
  readonly toldEvery: number;
  /** The checkpoint that it goes on from, if there is one: `epoch 3, step 120`. */
  readonly from?: string;
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

/** For which queue a training was decided. */
export interface Placement {
  readonly device: Device;
  /** Why, in a sentence. */
  readonly reason: string;
  /** Whether a worker polled that queue then. */
  readonly attended: boolean;
}

export interface StageState {
  readonly stage: Stage;
  /** `skipped`: the run ended `unchanged` before. */
  readonly state: 'waiting' | 'running' | 'done' | 'blocked' | 'failed' | 'cancelled' | 'skipped';
  readonly result?: 'hit' | 'miss';
  /** Why it was a hit or a miss. */
  readonly reason?: string;
  readonly seconds?: number;
  /** When it could begin. Milliseconds of Unix time. */
  readonly since?: number;
  /** Of the training: the last attempt that has begun, which epochs it tells of, and the checkpoint it went on from. */
  readonly attempt?: number;
  readonly toldEvery?: number;
  readonly from?: string;
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

/** What a run waits for that is blocked. */
export interface BlockedState extends RunFailure {
  readonly stage: Stage;
  readonly class: FailureClass;
  /** Since when, and when it ends by itself. Milliseconds of Unix time. */
  readonly since: number;
  readonly until: number;
}

/** Asks a blocked run to try its failed stage again. */
export interface RepairRequest {
  /** Parameters to change, of the failed stage and those after it. */
  readonly set?: Readonly<Record<string, unknown>>;
}

/** What a blocked run says to a repair that it accepts. */
export interface RepairAnswer {
  readonly run: string;
  readonly stage: Stage;
  readonly set: Partial<Parameters>;
}

/** A repair that was accepted. */
export interface Repair {
  readonly stage: Stage;
  /** Class name of the failure that it is to mend. */
  readonly failure: string;
  /** Milliseconds of Unix time. */
  readonly at: number;
  readonly set: Partial<Parameters>;
}

/** Answer of the `progress` query. */
export interface RunProgress {
  readonly run: string;
  readonly source: Source['kind'];
  /** Workers of earlier versions do not say. */
  readonly startedBy?: StartedBy;
  readonly schedule?: ScheduledStart;
  readonly stages: readonly StageState[];
  /** What somebody should know about the data: an expired certificate, rows that were dropped. */
  readonly notes?: readonly string[];
  readonly epochs: readonly EpochSummary[];
  readonly totalEpochs: number;
  readonly metrics?: RunMetrics;
  /** Where it trains, once that is decided. */
  readonly placement?: Placement;
  /** What trains, once a worker there has decided that. */
  readonly plan?: EnginePlan;
  /** The published run that a run which ends `unchanged` would have equalled. */
  readonly sameAs?: string;
  readonly blocked?: BlockedState;
  readonly repairs?: readonly Repair[];
}

interface RunEnd {
  readonly run: string;
  readonly synthetic: boolean;
  readonly stages: readonly StageState[];
  /** Runs of earlier versions do not say. */
  readonly startedBy?: StartedBy;
  readonly schedule?: ScheduledStart;
  readonly repairs?: readonly Repair[];
}

/** A run that has published a model. */
export interface CompletedRun extends RunEnd {
  readonly status: 'completed';
  readonly metrics: RunMetrics;
  readonly artifacts: readonly PublishedArtifact[];
  /** Where the ratings came from, whether they changed, how many there are, what was dropped. */
  readonly data: Readonly<Record<string, number | string>>;
  /** Engine and device that trained, why they were chosen, and from where the training went on. */
  readonly training: Readonly<Record<string, number | string>>;
}

/** A run that would have made what another has published, and made nothing. */
export interface UnchangedRun extends RunEnd {
  readonly status: 'unchanged';
  readonly sameAs: string;
}

/** Result of a run that did not fail. */
export type TrainResult = CompletedRun | UnchangedRun;
