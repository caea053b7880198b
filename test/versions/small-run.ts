import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createDataActivities } from '../../activities/data-activities.js';
import { createTrainActivities } from '../../activities/train-activities.js';
import { putContent } from '../../artifacts/content.js';
import type { ObjectStore } from '../../artifacts/object-store.js';
import { resolveParameters } from '../../predictor/config.js';
import { runTrainingJob } from '../../predictor/training-job.js';
import { createEngine } from '../../workers/engines.js';
import { noSources } from '../support/sources.js';
import { fewRatings, wasmPlan } from '../support/training-job.js';

export const smallRun = { run: 'recorded', epochs: 3 };

/** All stages of a small run over a store, on made-up ratings. */
export async function runStages(
  store: ObjectStore,
  versions: Readonly<Record<string, string>>,
  { run, epochs } = smallRun,
): Promise<void> {
  const call = <Request, Result>(
    activity: (request: Request) => Promise<Result>,
    request: Request,
  ): Promise<Result> =>
    new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(activity, request);
  const unused = () => Promise.reject(new Error('not asked for'));
  const data = createDataActivities({
    store,
    versions,
    sources: noSources,
    workforce: { trainsOn: unused },
    telemetry: () => undefined,
    linkTo: () => undefined,
  });
  const training = createTrainActivities({
    store,
    trainer: (job, reports) => runTrainingJob(job, createEngine, reports),
    checkpointSeconds: 3600,
    reportBegun: () => Promise.resolve(),
    reportEpoch: () => Promise.resolve(),
    telemetry: () => undefined,
    machine: { hasNvidiaDriver: () => false, wasmRuntime: () => '', probeTensorflow: unused },
  });
  const parameters = resolveParameters({ epochs, lstmUnits: 8, denseUnits: 4 });
  const request = { run, parameters, refresh: false };
  const ratings = await putContent(store, fewRatings(), 'text/tab-separated-values');
  const source = { kind: 'uploaded', name: 'made-up.data', ratings } as const;
  const download = await call(data.download, { ...request, source });
  const preprocess = await call(data.preprocess, { ...request, inputs: download.outputs });
  const window = await call(data.window, { ...request, inputs: preprocess.outputs });
  const inputs = { ...preprocess.outputs, ...window.outputs };
  const train = await call(training.train, { ...request, inputs, plan: wasmPlan() });
  const evaluate = await call(data.evaluate, { ...request, inputs: { ...inputs, ...train.outputs } });
  const { metrics } = evaluate;
  const stages = { download, preprocess, window, train, evaluate };
  await call(data.publish, { ...request, source, stages, metrics });
}
