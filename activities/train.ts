import { latestCheckpoint, saveCheckpoint } from '../artifacts/checkpoints.js';
import { getContent, putContent } from '../artifacts/content.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import type { ArtifactReference } from '../artifacts/reference.js';
import { stageKey } from '../artifacts/stage-record.js';
import { InvalidWeightsError } from '../predictor/errors.js';
import { decodeCheckpoint, encodeWeights } from '../predictor/model/checkpoint.js';
import type { TrainingJob, TrainingReports } from '../predictor/training-job.js';
import type { EpochSummary, StageOutcome, StageRequest } from '../workflows/contract.js';
import { storedStage } from './stored-stage.js';

const stage = 'train';
const version = 1;
/** Epochs told to the workflow in one run, at most: each costs its history about a kilobyte. */
const reportedEpochs = 40;

export interface TrainRequest extends StageRequest {
  readonly inputs: { readonly ratingsTable: ArtifactReference; readonly windowTable: ArtifactReference };
}

export type TrainOutput = 'weights' | 'history' | 'checkpoint';

/** Trains somewhere (a child process; in unit tests, in place) and gives back the last epoch's checkpoint. */
export type Trainer = (
  job: TrainingJob,
  reports: TrainingReports,
  signal: AbortSignal,
) => Promise<Uint8Array>;

export interface TrainDependencies {
  readonly store: ObjectStore;
  readonly trainer: Trainer;
  /** Tells the run that an epoch has ended. A courtesy to whoever watches: it never throws. */
  readonly reportEpoch: (run: string, summary: EpochSummary) => Promise<void>;
}

/** Windows → weights. A checkpoint each epoch goes into the store; a retry goes on from the last one. */
export function train(
  { store, trainer, reportEpoch }: TrainDependencies,
  request: TrainRequest,
): Promise<StageOutcome<TrainOutput>> {
  const { run, inputs } = request;
  const { epochs, batchSize, lstmUnits, dropout, denseUnits, learningRate, seed } = request.parameters;
  const parameters = { epochs, batchSize, lstmUnits, dropout, denseUnits, learningRate, seed };
  const definition = { stage, version, parameters, inputs } as const;
  return storedStage(store, request, definition, async (report, signal) => {
    const fingerprint = trainingFingerprint(parameters, inputs);
    const resumeFrom = await savedTraining(store, run, fingerprint);
    const job: TrainingJob = {
      ratingsTable: await getContent(store, inputs.ratingsTable),
      windowTable: await getContent(store, inputs.windowTable),
      parameters: request.parameters,
      fingerprint,
      ...(resumeFrom ? { resumeFrom } : {}),
    };
    const every = Math.ceil(epochs / reportedEpochs);
    const reports: TrainingReports = {
      progress: ({ steps, totalSteps, ...rest }) =>
        report({ done: steps, total: totalSteps, unit: 'steps', ...rest }),
      async epochEnded(summary, checkpoint) {
        signal.throwIfAborted();
        await saveCheckpoint(store, run, summary.epoch, checkpoint);
        if (summary.epoch % every === 0 || summary.epoch === epochs) await reportEpoch(run, summary);
      },
    };
    return trainProduct(store, await trainer(job, reports, signal));
  });
}

/** Names everything that decides the weights after a given epoch: data, code, parameters other than epochs. */
function trainingFingerprint(all: Readonly<Record<string, number>>, inputs: TrainRequest['inputs']): string {
  const parameters = Object.fromEntries(Object.entries(all).filter(([name]) => name !== 'epochs'));
  const digests = { ratingsTable: inputs.ratingsTable.sha256, windowTable: inputs.windowTable.sha256 };
  return stageKey({ stage, version, parameters, inputs: digests });
}

/** The last checkpoint of this run, if it is of the same training. */
async function savedTraining(
  store: ObjectStore,
  run: string,
  fingerprint: string,
): Promise<Uint8Array | undefined> {
  const saved = await latestCheckpoint(store, run);
  if (!saved) return undefined;
  try {
    return decodeCheckpoint(saved.bytes).fingerprint === fingerprint ? saved.bytes : undefined;
  } catch (error) {
    // One that cannot be read (another version wrote it) costs the epochs behind it, not the run.
    if (error instanceof InvalidWeightsError) return undefined;
    throw error;
  }
}

async function trainProduct(store: ObjectStore, final: Uint8Array) {
  const { shape, state, history } = decodeCheckpoint(final);
  const [weights, historyFile, checkpoint] = await Promise.all([
    putContent(store, encodeWeights(shape, state.weights, {}), 'application/octet-stream'),
    putContent(store, new TextEncoder().encode(JSON.stringify(history)), 'application/json'),
    putContent(store, final, 'application/octet-stream'),
  ]);
  return {
    outputs: { weights, history: historyFile, checkpoint },
    facts: { engine: 'wasm', steps: state.step, epochs: history.length },
  };
}
