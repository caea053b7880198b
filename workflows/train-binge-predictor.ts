import {
  ApplicationFailure,
  defineQuery,
  defineSignal,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { type Parameters, resolveParameters, type Stage } from '../predictor/config.js';
import {
  epochEndedSignal,
  type EpochSummary,
  progressQuery,
  type RunProgress,
  type StageRequest,
  type TrainingBegun,
  trainingBegunSignal,
  type TrainInput,
  type TrainResult,
} from './contract.js';
import { refusedDetails } from './details.js';
import { makingAgain } from './making-again.js';
import { showMetrics, showOutcome, showStartedBy } from './run-attributes.js';
import { watchWait } from './patience.js';
import { mustRefresh, RunRecord } from './run-record.js';
import { scheduledStart } from './scheduled-start.js';
import {
  download,
  evaluate,
  findUnchanged,
  placeTraining,
  preprocess,
  publish,
  startOf,
  trainingOn,
  window,
} from './stages.js';
import * as summaries from './summaries.js';
import { withSummary } from './with-summary.js';

/**
 * Download, preprocess, cut windows, train, evaluate, publish. The workflow's id is the run's name. References to
 * artifacts travel between the stages, never data.
 */
export async function trainBingePredictor(input: TrainInput): Promise<TrainResult> {
  try {
    const result = await runStages(input);
    showOutcome(result.status);
    return result;
  } catch (error) {
    showOutcome(isCancellation(error) ? 'cancelled' : 'failed');
    throw error;
  }
}

async function runStages(input: TrainInput): Promise<TrainResult> {
  const run = workflowInfo().workflowId;
  const parameters = checkedParameters(input);
  const schedule = scheduledStart();
  const startedBy = input.startedBy ?? (schedule ? 'schedule' : 'hand');
  const record = new RunRecord(run, input, parameters.epochs, startedBy, schedule);
  setHandler(defineQuery<RunProgress>(progressQuery), () => record.progress());
  setHandler(defineSignal<[TrainingBegun]>(trainingBegunSignal), (begun) => record.trainingBegun(begun));
  setHandler(defineSignal<[EpochSummary]>(epochEndedSignal), (epoch) => record.epochEnded(epoch));
  let isPublished = false;
  if (schedule) {
    const since = input.scheduledSince;
    const start = await withSummary(startOf, `schedule ${schedule.name}`, {
      ...{ run, schedule, startedAt: workflowInfo().startTime.toISOString() },
      ...(since === undefined ? {} : { since }),
    });
    record.wasStartedBy(start.startedBy);
    showStartedBy(start.startedBy);
    ({ isPublished } = start);
  }
  try {
    return await makingAgain(
      () => runRound(input, parameters, record, isPublished),
      () => record.startOver(),
    );
  } catch (error) {
    record.ended(error);
    throw error;
  }
}

/** @param isPublished whether an earlier run of this name has been published */
async function runRound(
  input: TrainInput,
  parameters: Parameters,
  record: RunRecord,
  isPublished: boolean,
): Promise<TrainResult> {
  const run = workflowInfo().workflowId;
  const { source } = input;
  const request = (stage: Stage): StageRequest => ({
    run,
    parameters,
    // What this run has made itself is as fresh as was asked for.
    refresh: mustRefresh(stage, input.refresh) && !record.hasMade(stage),
  });

  const synthetic = source.kind === 'synthetic';
  const downloaded = await record.stage('download', () =>
    withSummary(download, summaries.downloadSummary(source), { ...request('download'), source }),
  );
  if (input.onUnchanged === 'skip') {
    const { sameAs } = await withSummary(findUnchanged, 'has anything changed?', {
      run,
      parameters,
      ratings: downloaded.outputs.ratings,
    });
    if (sameAs !== undefined) {
      record.unchanged(sameAs);
      return {
        ...{ run, status: 'unchanged', sameAs, synthetic, ...record.start() },
        stages: record.progress().stages,
      };
    }
  }
  if (isPublished) throw isPublishedFailure(run);
  const preprocessed = await record.stage('preprocess', () =>
    withSummary(preprocess, summaries.preprocessSummary(downloaded), {
      ...request('preprocess'),
      inputs: downloaded.outputs,
    }),
  );
  const windowed = await record.stage('window', () =>
    withSummary(window, summaries.windowSummary(parameters), {
      ...request('window'),
      inputs: preprocessed.outputs,
    }),
  );
  const data = { ...preprocessed.outputs, ...windowed.outputs };
  const trained = await record.stage('train', async () => {
    void watchWait(
      () => record.trainingHasBegun(),
      () => record.workerMissing(),
    );
    const placement = await withSummary(placeTraining, 'which workers are there?', { run, parameters });
    record.placed(placement);
    const { planTraining, train } = trainingOn(placement.device);
    const plan = await withSummary(planTraining, summaries.planSummary(parameters), {
      run,
      parameters,
      placement,
    });
    record.planned(plan);
    return withSummary(train, summaries.trainSummary(parameters, plan), {
      ...request('train'),
      inputs: data,
      plan,
    });
  });
  const evaluated = await record.stage('evaluate', () =>
    withSummary(evaluate, summaries.evaluateSummary(windowed), {
      ...request('evaluate'),
      inputs: { ...data, weights: trained.outputs.weights },
    }),
  );
  record.evaluated(evaluated.metrics);
  showMetrics(evaluated.metrics);
  const published = await record.stage('publish', () =>
    withSummary(publish, summaries.publishSummary(run), {
      ...request('publish'),
      ...record.start(),
      source,
      stages: {
        download: downloaded,
        preprocess: preprocessed,
        window: windowed,
        train: trained,
        evaluate: evaluated,
      },
      metrics: evaluated.metrics,
    }),
  );
  record.published(published);
  return {
    ...{ run, status: 'completed', synthetic, ...record.start() },
    metrics: evaluated.metrics,
    artifacts: published.artifacts,
    data: { ...downloaded.facts, ...preprocessed.facts },
    training: trained.facts,
    stages: record.progress().stages,
  };
}

/** A schedule's run for a time that has been run has the earlier one's name. */
function isPublishedFailure(run: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'RunExistsError',
    message:
      `Expected no run \`${run}\`, got one that was published before: a schedule's runs are named after the time they ` +
      'run for, and none takes the place of another. Run it now: streamsage schedule trigger',
    nonRetryable: true,
  });
}

/** A plain error would make the workflow's task fail and be tried for ever: wrong input ends the run at once. */
function checkedParameters(input: TrainInput): Parameters {
  try {
    return resolveParameters(input.parameters);
  } catch (error) {
    const { name, message } = error as Error;
    setCurrentDetails(refusedDetails({ type: name, message }));
    throw ApplicationFailure.create({ type: name, message, nonRetryable: true });
  }
}
