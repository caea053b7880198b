import {
  ApplicationFailure,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { mustRefresh, type Parameters, type Stage } from '../predictor/config.js';
import { checkInput, checkRun } from './check-input.js';
import {
  epochEndedSignal,
  type EpochSummary,
  progressQuery,
  type RepairAnswer,
  type RepairRequest,
  repairUpdate,
  type RunProgress,
  type StageOutcome,
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
import { Repairs } from './repairs.js';
import { RunRecord } from './run-record.js';
import { scheduledStart } from './scheduled-start.js';
import { dataStages, trainingOn } from './stages.js';
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
  const parameters = checkedParameters(run, input);
  const schedule = scheduledStart();
  const startedBy = input.startedBy ?? (schedule ? 'schedule' : 'hand');
  const record = new RunRecord(run, input, parameters.epochs, startedBy, schedule);
  const repairs = new Repairs(input, parameters, record);
  setHandler(defineQuery<RunProgress>(progressQuery), () => record.progress());
  setHandler(defineSignal<[TrainingBegun]>(trainingBegunSignal), (begun) => record.trainingBegun(begun));
  setHandler(defineSignal<[EpochSummary]>(epochEndedSignal), (epoch) => record.epochEnded(epoch));
  setHandler(
    defineUpdate<RepairAnswer, [RepairRequest]>(repairUpdate),
    (request: RepairRequest) => ({ run, ...repairs.repair(request) }),
    { validator: (request: RepairRequest) => repairs.check(request) },
  );
  const stages = dataStages();
  let isPublished = false;
  if (schedule) {
    const since = input.scheduledSince;
    const start = await repairs.stage('download', () =>
      withSummary(stages.startOf, `schedule ${schedule.name}`, {
        ...{ run, schedule, startedAt: workflowInfo().startTime.toISOString() },
        ...(since === undefined ? {} : { since }),
      }),
    );
    record.wasStartedBy(start.startedBy);
    showStartedBy(start.startedBy);
    ({ isPublished } = start);
  }
  try {
    return await repairs.stages(() =>
      makingAgain(
        () => runRound(input, { stages, record, repairs, isPublished }),
        () => record.startOver(),
      ),
    );
  } catch (error) {
    record.ended(error);
    throw error;
  }
}

interface Round {
  readonly stages: ReturnType<typeof dataStages>;
  readonly record: RunRecord;
  readonly repairs: Repairs;
  /** Whether an earlier run of this name has been published. */
  readonly isPublished: boolean;
}

async function runRound(
  { source, refresh, onUnchanged }: TrainInput,
  { stages, record, repairs, isPublished }: Round,
): Promise<TrainResult> {
  const run = workflowInfo().workflowId;
  // A repair may change the parameters of what is still to be done.
  const parameters = () => repairs.current();
  const request = (stage: Stage): StageRequest => ({
    run,
    parameters: parameters(),
    // What this run has made itself is as fresh as was asked for.
    refresh: mustRefresh(stage, refresh) && !record.hasMade(stage),
  });
  const stage = <Outcome extends StageOutcome>(name: Stage, work: () => Promise<Outcome>) =>
    repairs.stage(name, () => record.stage(name, work));

  const synthetic = source.kind === 'synthetic';
  const { sameAs, ...downloaded } = await stage('download', async () => {
    const outcome = await withSummary(stages.download, summaries.downloadSummary(source), {
      ...request('download'),
      source,
    });
    if (onUnchanged !== 'skip') return { ...outcome, sameAs: undefined };
    const { ratings } = outcome.outputs;
    const { sameAs } = await withSummary(stages.findUnchanged, 'has anything changed?', {
      ...{ run, parameters: parameters(), ratings },
    });
    return { ...outcome, sameAs };
  });
  if (sameAs !== undefined) {
    record.unchanged(sameAs);
    return {
      ...{ run, status: 'unchanged', sameAs, synthetic, ...record.start(), ...record.repairsSoFar() },
      stages: record.progress().stages,
    };
  }
  if (isPublished) throw isPublishedFailure(run);
  const preprocessed = await stage('preprocess', () =>
    withSummary(stages.preprocess, summaries.preprocessSummary(downloaded), {
      ...request('preprocess'),
      inputs: downloaded.outputs,
    }),
  );
  const windowed = await stage('window', () =>
    withSummary(stages.window, summaries.windowSummary(parameters()), {
      ...request('window'),
      inputs: preprocessed.outputs,
    }),
  );
  const data = { ...preprocessed.outputs, ...windowed.outputs };
  const trained = await stage('train', async () => {
    void watchWait(
      () => record.trainingHasBegun(),
      () => record.workerMissing(),
    );
    const placement = await withSummary(stages.placeTraining, 'which workers are there?', {
      ...{ run, parameters: parameters() },
    });
    record.placed(placement);
    const { planTraining, train } = trainingOn(placement.device);
    const plan = await withSummary(planTraining, summaries.planSummary(parameters()), {
      ...{ run, parameters: parameters(), placement },
    });
    record.planned(plan);
    return withSummary(train, summaries.trainSummary(parameters(), plan), {
      ...request('train'),
      inputs: data,
      plan,
    });
  });
  const evaluated = await stage('evaluate', () =>
    withSummary(stages.evaluate, summaries.evaluateSummary(windowed), {
      ...request('evaluate'),
      inputs: { ...data, weights: trained.outputs.weights },
    }),
  );
  record.evaluated(evaluated.metrics);
  showMetrics(evaluated.metrics);
  const published = await stage('publish', () =>
    withSummary(stages.publish, summaries.publishSummary(run), {
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
    ...{ run, status: 'completed', synthetic, ...record.start(), ...record.repairsSoFar() },
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
      'run for, and none takes the place of another. Run it now: npx --no-install streamsage schedule trigger',
    nonRetryable: true,
  });
}

/** A plain error would make the workflow's task fail and be tried for ever: wrong input ends the run at once. */
function checkedParameters(run: string, input: TrainInput): Parameters {
  try {
    checkRun(run);
    return checkInput(input);
  } catch (error) {
    const { name, message } = error as Error;
    setCurrentDetails(refusedDetails({ type: name, message }));
    throw ApplicationFailure.create({ type: name, message, nonRetryable: true });
  }
}
