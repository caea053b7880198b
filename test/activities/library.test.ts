import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createDataActivities } from '../../activities/data-activities.js';
import { createTrainActivities } from '../../activities/train-activities.js';
import { sha256 } from '../../artifacts/content.js';
import { type Parameters, resolveParameters } from '../../predictor/config.js';
import {
  type Dataset,
  prepare,
  syntheticRatings,
  train,
  writeKerasFile,
  writeTfjsModel,
} from '../../predictor/index.js';
import { runTrainingJob } from '../../predictor/training-job.js';
import { createEngine } from '../../workers/engines.js';
import { ensureKernel } from '../support/kernel.js';
import { MemoryStore } from '../support/memory-store.js';
import { noSources } from '../support/sources.js';
import { wasmPlan } from '../support/training-job.js';

const given = { epochs: 2, lstmUnits: 8, denseUnits: 4, batchSize: 128 };

describe('the library, beside the pipeline', function () {
  this.timeout(120_000);
  let store: MemoryStore;
  let dataset: Dataset;

  before(async () => {
    await ensureKernel();
    store = new MemoryStore();
    dataset = await prepare(syntheticRatings(), { source: 'synthetic' });
  });

  /** A whole run of the stages on the synthetic data set. */
  async function pipeline(parameters: Parameters) {
    const versions = { streamsage: 'test' };
    const telemetry = () => undefined;
    const workforce = { trainsOn: () => Promise.reject(new Error('not asked')) };
    const data = createDataActivities({
      ...{ store, sources: noSources, versions, telemetry, workforce },
      linkTo: () => undefined,
    });
    const { train: trainStage } = createTrainActivities({
      store,
      trainer: (job, reports) => runTrainingJob(job, createEngine, reports),
      machine: {
        hasNvidiaDriver: () => false,
        wasmRuntime: () => wasmPlan().runtime,
        probeTensorflow: () => Promise.reject(new Error('not asked')),
      },
      checkpointSeconds: 3600,
      reportBegun: () => Promise.resolve(),
      reportEpoch: () => Promise.resolve(),
      telemetry,
    });
    const run = `epochs-${parameters.epochs}`;
    const base = { run, parameters, refresh: false };
    const call = <Request, Result>(
      activity: (request: Request) => Promise<Result>,
      request: Request,
    ): Promise<Result> => new MockActivityEnvironment().run(activity, request);
    const source = { kind: 'synthetic' } as const;
    const download = await call(data.download, { ...base, source });
    const preprocess = await call(data.preprocess, { ...base, inputs: download.outputs });
    const window = await call(data.window, { ...base, inputs: preprocess.outputs });
    const inputs = { ...preprocess.outputs, ...window.outputs };
    const trained = await call(trainStage, { ...base, inputs, plan: wasmPlan() });
    const evaluate = await call(data.evaluate, {
      ...base,
      inputs: { ...inputs, weights: trained.outputs.weights },
    });
    const stages = { download, preprocess, window, train: trained, evaluate };
    const published = await call(data.publish, { ...base, source, stages, metrics: evaluate.metrics });
    const digests = new Map(published.artifacts.map(({ name, sha256: digest }) => [name, digest]));
    const bytes = (reference: { readonly key: string }) => store.objects.get(reference.key)!;
    return { digests, inputs, metrics: evaluate.metrics, checkpoint: bytes(trained.outputs.checkpoint) };
  }

  it('gives the tables, the metrics and the files that a run publishes, byte for byte', async () => {
    const { digests, inputs, metrics } = await pipeline(resolveParameters(given));
    const model = await train(dataset, { parameters: given });
    assert.equal(sha256(dataset.ratingsArrow), inputs.ratingsTable.sha256);
    assert.equal(sha256(dataset.windowsArrow), inputs.windowTable.sha256);
    assert.deepEqual(JSON.parse(JSON.stringify(model.metrics)), metrics.test);
    assert.equal(sha256(await writeKerasFile(model)), digests.get('binge_model.h5'));
    const tfjs = Object.entries(writeTfjsModel(model));
    for (const [name, bytes] of tfjs) assert.equal(sha256(bytes), digests.get(`tfjs/${name}`), name);
    assert.equal(tfjs.length, 2);
    const json = JSON.parse(new TextDecoder().decode(writeTfjsModel(model)['model.json'])) as {
      userDefinedMetadata: Record<string, string>;
    };
    const { source, synthetic, ratingsSha256 } = json.userDefinedMetadata;
    assert.deepEqual([source, synthetic, ratingsSha256], ['synthetic', 'true', sha256(syntheticRatings())]);
  });

  it("goes on from a run's checkpoint, to what a longer run publishes", async () => {
    const { checkpoint } = await pipeline(resolveParameters({ ...given, epochs: 1 }));
    const { digests } = await pipeline(resolveParameters(given));
    const epochs: number[] = [];
    const model = await train(dataset, {
      parameters: given,
      resumeFrom: checkpoint,
      onEpoch: ({ epoch }) => void epochs.push(epoch),
    });
    assert.deepEqual(epochs, [2]);
    assert.equal(sha256(await writeKerasFile(model)), digests.get('binge_model.h5'));
  });
});
