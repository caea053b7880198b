import { Context } from '@temporalio/activity';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import {
  claimCheckpoints,
  furthestState,
  recordFinishedTraining,
  savedStates,
  type TrainingPosition,
} from '../artifacts/checkpoints.js';
import { getContent, putContent } from '../artifacts/content.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import type { ArtifactReference } from '../artifacts/reference.js';
import { bestEpoch } from '../predictor/early-stopping.js';
import type { EnginePlan } from '../predictor/engine/choose-engine.js';
import {
  type Checkpoint,
  checkpointOf,
  decodeCheckpoint,
  encodeWeights,
} from '../predictor/model/checkpoint.js';
import { trainDefinition } from '../predictor/stage-definitions.js';
import { trainedWeights } from '../predictor/train.js';
import { decisiveParameters, trainingFingerprint } from '../predictor/training-identity.js';
import type { TrainingJob, TrainingReports, TrainingResult } from '../predictor/training-job.js';
import type { EpochSummary, StageOutcome, StageRequest, TrainingBegun } from '../workflows/contract.js';
import { createStepMeter } from './step-meter.js';
import { storedStage, type StageWork } from './stored-stage.js';
import type { Tell } from './telemetry.js';

/** Epochs told to the workflow in one run, at most: each costs its history about a kilobyte. */
const reportedEpochs = 40;

export interface TrainRequest extends StageRequest {
  readonly inputs: { readonly ratingsTable: ArtifactReference; readonly windowTable: ArtifactReference };
  readonly plan: EnginePlan;
}

export type TrainOutput = 'weights' | 'history' | 'checkpoint';

/**
 * Trains somewhere (a child process; in unit tests, in place). When the signal fires it stops and hands over its state.
 * @param tell hears of the process that trains, where there is one
 */
export type Trainer = (
  job: TrainingJob,
  reports: TrainingReports,
  signal: AbortSignal,
  tell: Tell,
) => Promise<TrainingResult>;

export interface TrainDependencies {
  readonly store: ObjectStore;
  readonly trainer: Trainer;
  /** Seconds within an epoch after which a checkpoint is made. */
  readonly checkpointSeconds: number;
  /** Tells the run that a worker has taken up its training. A courtesy, as the next. */
  readonly reportBegun: (run: string, begun: TrainingBegun) => Promise<void>;
  /** Tells the run that an epoch has ended. A courtesy to whoever watches: it never throws. */
  readonly reportEpoch: (run: string, summary: EpochSummary) => Promise<void>;
  readonly tell: Tell;
}

/** The training was asked to stop, not by its run: its state is saved, and a retry goes on from there. */
export class TrainingInterruptedError extends Error {
  override readonly name = 'TrainingInterruptedError';
}

/**
 * Windows → weights. Checkpoints go into the store each epoch, within long ones, and when the training is to stop; the
 * next attempt goes on from the last, and so does another run of the same training.
 */
export async function train(
  dependencies: TrainDependencies,
  request: TrainRequest,
): Promise<StageOutcome<TrainOutput>> {
  const { inputs, plan } = request;
  const definition = trainDefinition(request.parameters, plan, inputs);
  const training = trainingFingerprint(decisiveParameters(request.parameters, plan), {
    ratingsTable: inputs.ratingsTable.sha256,
    windowTable: inputs.windowTable.sha256,
  });
  const outcome = await storedStage(dependencies.store, request, definition, (report, signal) =>
    trainAndKeep(dependencies, request, training, report, signal),
  );
  // What another run made was decided and begun by that run.
  const { reason } = plan;
  return outcome.result === 'hit' ? { ...outcome, facts: { ...outcome.facts, reason } } : outcome;
}

async function trainAndKeep(
  { store, trainer, checkpointSeconds, reportBegun, reportEpoch, tell: observe }: TrainDependencies,
  request: TrainRequest,
  training: string,
  report: Parameters<StageWork<TrainOutput>>[0],
  signal: AbortSignal,
) {
  const { run, inputs, plan, parameters } = request;
  const { epochs } = parameters;
  const { attempt, currentAttemptScheduledTimestampMs: scheduledAt } = Context.current().info;
  const checkpoints = await claimCheckpoints(store, training, run, scheduledAt);
  const resumeFrom = await stateToGoOnFrom(store, training, request);
  const job: TrainingJob = {
    ratingsTable: await getContent(store, inputs.ratingsTable),
    windowTable: await getContent(store, inputs.windowTable),
    parameters,
    plan,
    fingerprint: training,
    checkpointSeconds,
    ...(resumeFrom ? { resumeFrom: resumeFrom.bytes } : {}),
  };
  const { epoch: epochsDone, step: stepsDone } = resumeFrom?.at ?? { epoch: 0, step: 0 };
  observe({ kind: 'trainingBegan', epoch: epochsDone, step: stepsDone, epochs });
  const meter = createStepMeter(resumeFrom?.steps ?? 0, (steps, seconds) =>
    observe({ kind: 'stepsTaken', steps, seconds, engine: plan.engine, device: plan.device }),
  );
  const every = Math.ceil(epochs / reportedEpochs);
  let untold: EpochSummary | undefined;
  // One after the other, and no training waits for them.
  const from = resumeFrom && describePosition(resumeFrom.at);
  let told = reportBegun(run, { attempt, toldEvery: every, ...(from ? { from } : {}) });
  const tell = (summary: EpochSummary) => (told = told.then(() => reportEpoch(run, summary)));
  let saved = false;
  const reports: TrainingReports = {
    progress({ steps, totalSteps, ...rest }) {
      meter.reached((rest.epoch - 1) * totalSteps + steps);
      report({ done: steps, total: totalSteps, unit: 'steps', ...rest });
    },
    epochEnded(summary) {
      observe({ kind: 'epochEnded', ...summary, epochs });
      untold = summary.epoch % every === 0 ? undefined : summary;
      if (!untold) void tell(summary);
    },
    async save({ epoch, step, checkpoint }) {
      const started = performance.now();
      await checkpoints.save({ epoch, step }, checkpoint);
      saved = true;
      const seconds = (performance.now() - started) / 1000;
      observe({ kind: 'checkpointSaved', epoch, step, bytes: checkpoint.length, seconds });
    },
  };
  const result = await trainer(job, reports, signal, observe)
    .then((trained) => {
      const last = decodeCheckpoint(trained.checkpoint);
      meter.reached(last.state.step);
      return { ...trained, last };
    })
    .catch((error: unknown) => {
      // Whatever else went wrong meanwhile: a run that was cancelled is cancelled.
      signal.throwIfAborted();
      throw saved ? retriedSoon(error) : error;
    })
    .finally(() => {
      meter.flush();
      observe({ kind: 'trainingEnded', engine: plan.engine, device: plan.device });
    });
  signal.throwIfAborted();
  if (!result.finished) {
    throw new TrainingInterruptedError('The training process was asked to stop: its state is saved');
  }
  if (untold) void tell(untold);
  const { last: final } = result;
  const outputs = await storeProduct(store, final, result.checkpoint);
  await recordFinishedTraining(store, training, final.epoch, outputs.checkpoint);
  await told;
  const { engine, device, reason, runtime } = plan;
  const facts = {
    ...{ engine, device, reason, runtime, training },
    steps: final.state.step,
    epochs: final.epoch,
    ...(final.best ? { bestEpoch: bestEpoch(final.history) } : {}),
    ...(from ? { resumedFrom: from } : {}),
  };
  return { outputs, facts };
}

/** An attempt that got further need not wait as long as one of a row that did not. Errors with a policy keep it. */
function retriedSoon(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TemporalFailure) return error;
  const { name: type, message } = error;
  return ApplicationFailure.create({ type, message, cause: error, nextRetryDelay: '1s' });
}

interface StateToGoOnFrom {
  readonly at: TrainingPosition;
  /** Steps since the training's first. */
  readonly steps: number;
  readonly bytes: Uint8Array;
}

/** The furthest state of the same training that does not go beyond what is asked for. */
async function stateToGoOnFrom(
  store: ObjectStore,
  training: string,
  { run, refresh, parameters }: TrainRequest,
): Promise<StateToGoOnFrom | undefined> {
  const states = await savedStates(store, training, run, refresh ? 'run' : 'any');
  // One that cannot be read (another version wrote it) costs the way from the one before, not the run.
  const found = await furthestState(states, parameters.epochs, (bytes) => checkpointOf(training, bytes));
  return found && { at: found.at, steps: found.decoded.state.step, bytes: found.bytes };
}

async function storeProduct(store: ObjectStore, final: Checkpoint, encoded: Uint8Array) {
  const { shape, history } = final;
  const [weights, historyFile, checkpoint] = await Promise.all([
    putContent(store, encodeWeights(shape, trainedWeights(final), {}), 'application/octet-stream'),
    putContent(store, new TextEncoder().encode(JSON.stringify(history)), 'application/json'),
    putContent(store, encoded, 'application/octet-stream'),
  ]);
  return { weights, history: historyFile, checkpoint };
}

function describePosition({ epoch, step }: TrainingPosition): string {
  return step > 0 ? `epoch ${epoch}, step ${step}` : `epoch ${epoch}`;
}
