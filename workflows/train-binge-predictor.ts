import {
  ApplicationFailure,
  defineQuery,
  defineSignal,
  isCancellation,
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
  type TrainInput,
  type TrainResult,
} from './contract.js';
import { showMetrics, showOutcome } from './run-attributes.js';
import { mustRefresh, RunRecord } from './run-record.js';
import { download, evaluate, planTraining, preprocess, publish, train, window } from './stages.js';

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
  const record = new RunRecord(run, input.source.kind, parameters.epochs);
  setHandler(defineQuery<RunProgress>(progressQuery), () => record.progress());
  setHandler(defineSignal<[EpochSummary]>(epochEndedSignal), (epoch) => record.epochEnded(epoch));
  const request = (stage: Stage): StageRequest => ({
    run,
    parameters,
    refresh: mustRefresh(stage, input.refresh),
  });

  const downloaded = await record.stage('download', () =>
    download({ ...request('download'), source: input.source }),
  );
  const preprocessed = await record.stage('preprocess', () =>
    preprocess({ ...request('preprocess'), inputs: downloaded.outputs }),
  );
  const windowed = await record.stage('window', () =>
    window({ ...request('window'), inputs: preprocessed.outputs }),
  );
  const data = { ...preprocessed.outputs, ...windowed.outputs };
  const trained = await record.stage('train', async () => {
    const plan = await planTraining(parameters);
    record.planned(plan);
    return train({ ...request('train'), inputs: data, plan });
  });
  const evaluated = await record.stage('evaluate', () =>
    evaluate({ ...request('evaluate'), inputs: { ...data, weights: trained.outputs.weights } }),
  );
  record.evaluated(evaluated.metrics);
  showMetrics(evaluated.metrics);
  const published = await record.stage('publish', () =>
    publish({
      ...request('publish'),
      source: input.source,
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
  return {
    run,
    status: 'completed',
    synthetic: input.source.kind === 'synthetic',
    metrics: evaluated.metrics,
    artifacts: published.artifacts,
    data: { ...downloaded.facts, ...preprocessed.facts },
    training: trained.facts,
    stages: record.progress().stages,
  };
}

/** A plain error would make the workflow's task fail and be tried for ever: wrong input ends the run at once. */
function checkedParameters(input: TrainInput): Parameters {
  try {
    return resolveParameters(input.parameters);
  } catch (error) {
    const { name, message } = error as Error;
    throw ApplicationFailure.create({ type: name, message, nonRetryable: true });
  }
}
