import assert from 'node:assert/strict';
import { WorkflowFailedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';
import { putContent } from '../../artifacts/content.js';
import { createPlainView } from '../../cli/progress-view.js';
import { takeSnapshot } from '../../cli/run-progress.js';
import { watchRun } from '../../cli/watch-run.js';
import type { Parameters } from '../../predictor/config.js';
import { freePort } from '../../infra/stack/ports.js';
import {
  dataQueue,
  type TrainInput,
  type CompletedRun,
  trainQueues,
  workflowType,
} from '../../workflows/contract.js';
import { scrape } from '../support/prometheus.js';
import { type S3Server, s3Environment, startS3Server } from '../support/s3-server.js';
import { startS3Proxy } from '../support/s3-proxy.js';
import { startTemporal } from '../support/temporal.js';
import { fewRatings } from '../support/training-job.js';
import { type LogEntry, polls, startWorkerProcess, type WorkerProcess } from '../support/worker-process.js';

describe('workers as separate processes', function () {
  this.timeout(180_000);
  let temporal: TestWorkflowEnvironment;
  let s3: S3Server;
  let source: TrainInput['source'];
  let sequence = 0;
  const started: WorkerProcess[] = [];

  before(async function () {
    [temporal, s3] = await Promise.all([startTemporal(), startS3Server(this)]);
    const ratings = await putContent(createS3ObjectStore(s3.settings), fewRatings(), 'text/plain');
    source = { kind: 'uploaded', name: 'few.txt', ratings };
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((worker) => worker.stop()));
  });
  after(async () => {
    await temporal.teardown();
    await s3.stop();
  });

  async function environment(): Promise<NodeJS.ProcessEnv> {
    return { TEMPORAL_ADDRESS: temporal.address, STREAMSAGE_STATE: '/nowhere', ...(await s3Environment(s3)) };
  }

  async function worker(name: 'data-worker' | 'train-worker', more: NodeJS.ProcessEnv = {}) {
    const process = startWorkerProcess(name, { ...(await environment()), ...more });
    started.push(process);
    await process.entry(polls);
    return process;
  }

  /** Starts a run of a training of a second or less, unless more is asked for. */
  async function start(given: Partial<Parameters> = {}) {
    const parameters = { epochs: 3, lstmUnits: 8, denseUnits: 4, ...given };
    const workflowId = `run-${++sequence}`;
    return temporal.client.workflow.start(workflowType, {
      ...{ workflowId, taskQueue: dataQueue },
      args: [{ source, parameters } satisfies TrainInput],
    });
  }

  const resultOf = async (handle: Awaited<ReturnType<typeof start>>) =>
    (await handle.result()) as CompletedRun;
  const hasSaved = ({ message }: LogEntry) => message === 'checkpoint saved';

  it('share the runs there are, and go on with those of one that was killed', async () => {
    const devices = { STREAMSAGE_TRAIN_DEVICES: 'cpu' };
    const [firstData, secondData, ...trainers] = await Promise.all([
      worker('data-worker'),
      worker('data-worker'),
      worker('train-worker', devices),
      worker('train-worker', devices),
    ]);
    // Long enough to be disturbed in the middle.
    const long = { epochs: 300, lstmUnits: 32 };
    const handles = await Promise.all([1, 2].map((seed) => start({ ...long, seed })));
    const trainingOf = await Promise.all(trainers.map((trainer) => trainer.entry(hasSaved)));
    const victim = trainingOf[0]!['run'];
    assert.notEqual(victim, trainingOf[1]!['run']);
    await Promise.all([trainers[0].kill(), firstData.kill()]);
    const results = await Promise.all(handles.map(resultOf));

    const disturbed = results.find(({ run }) => run === victim)!;
    assert.match(String(disturbed.training['resumedFrom']), /^epoch \d+/);
    const again = await trainers[1].entry(
      ({ run, message }) => run === victim && message === 'training goes on from a checkpoint',
    );
    assert.ok(Number(again['attempt']) > 1 && Number(again['epoch']) > 0);
    assert.ok(
      secondData.entries().some(({ stage, message }) => stage === 'publish' && message === 'stage ended'),
    );
  });

  it('log one JSON object a line, with run, stage and attempt in each that a stage writes', async () => {
    const [data, trainer] = await Promise.all([
      worker('data-worker', { STREAMSAGE_LOG_LEVEL: 'debug' }),
      worker('train-worker', { STREAMSAGE_LOG_LEVEL: 'debug', STREAMSAGE_TRAIN_DEVICES: 'cpu' }),
    ]);
    const handle = await start({ seed: 11, epochs: 2 });
    await handle.result();
    await trainer.entry(({ message }) => message === 'training process ended');
    assert.deepEqual(await Promise.all([data.stop(), trainer.stop()]), [0, 0]);
    const entries = [...data.entries(), ...trainer.entries()];
    for (const { run, stage, attempt, message } of entries.filter((entry) => 'stage' in entry)) {
      assert.deepEqual([run, attempt], [handle.workflowId, 1], `${String(stage)}: ${String(message)}`);
    }
    const told = trainer
      .entries()
      .filter(({ stage, component }) => stage === 'train' && component === undefined);
    const messages = told
      .map(({ message }) => message)
      .filter((message) => message !== 'training process ended');
    const opening = ['training planned', 'stage started', 'training begins', 'training process started'];
    assert.deepEqual(messages.slice(0, 4), opening);
    // Training does not wait for the store: a checkpoint may be saved after the next epoch has ended.
    const epoch = ['checkpoint saved', 'epoch ended'];
    assert.deepEqual([...messages.slice(4, -1)].sort(), [...epoch, ...epoch].sort());
    assert.equal(messages.at(-1), 'stage ended');
    const placed = data.entries().find(({ message }) => message === 'training has its queue');
    assert.deepEqual([placed?.['device'], placed?.['attended']], ['cpu', true]);
    // Temporal's core, its SDK and the workflows write to the same log.
    const components = new Set(entries.map(({ component }) => component));
    for (const component of ['core', 'worker']) assert.ok(components.has(component), component);
    assert.ok(
      entries.some(({ message, run }) => message === 'Workflow started' && run === handle.workflowId),
    );
    assert.equal(data.entries().at(-1)?.['message'], 'worker has drained');
  });

  it("serve the SDK's metrics and the pipeline's, which count what was done", async () => {
    const ports = [await freePort(29_400), await freePort(29_500)];
    const [dataAddress, trainAddress] = ports.map((port) => `127.0.0.1:${port}`) as [string, string];
    await worker('data-worker', { STREAMSAGE_METRICS_ADDRESS: dataAddress });
    await worker('train-worker', {
      STREAMSAGE_METRICS_ADDRESS: trainAddress,
      STREAMSAGE_TRAIN_DEVICES: 'cpu',
    });
    const result = await resultOf(await start({ seed: 21, epochs: 4 }));
    const again = await resultOf(await start({ seed: 21, epochs: 4 }));
    assert.equal(again.stages[3]?.result, 'hit');
    const [data, training] = [await scrape(dataAddress), await scrape(trainAddress)];
    const value = (name: string) => training.get(`streamsage_${name}`);
    assert.equal(value('training_epochs_total'), 4);
    assert.equal(value('training_steps_total{device="cpu",engine="wasm"}'), result.training['steps']);
    assert.equal(value('training_steps_per_second{device="cpu",engine="wasm"}'), 0);
    assert.equal(value('checkpoints_total'), value('checkpoint_duration_seconds_count'));
    assert.ok(value('checkpoint_bytes_total')! > value('checkpoints_total')! * 1000);
    for (const result of ['hit', 'miss'])
      assert.equal(value(`stage_duration_seconds_count{result="${result}",stage="train"}`), 1, result);
    assert.equal(value('stage_duration_seconds_bucket{result="miss",stage="train",le="43200"}'), 1);
    assert.ok(value('store_read_bytes_total{stage="train"}')! > 1000);
    assert.ok(value('store_written_bytes_total{stage="train"}')! > value('checkpoint_bytes_total')!);
    assert.equal(data.get('streamsage_stage_duration_seconds_count{result="miss",stage="publish"}'), 2);
    assert.ok([...training.keys()].some((name) => name.startsWith('temporal_worker_task_slots_available{')));
    for (const name of [...data.keys(), ...training.keys()]) assert.ok(!name.includes('run-'), name);
  });

  it('that are missing are named, with what to type; a run goes on once one comes', async () => {
    await worker('data-worker');
    const handle = await start({ device: 'gpu' });
    const lines: string[] = [];
    const view = createPlainView((line) => void lines.push(line));
    const watching = watchRun(temporal.client, handle.workflowId, view).catch(
      (error: unknown) => error as Error,
    );
    const says = async (pattern: RegExp) => {
      while (!lines.some((line) => pattern.test(line)))
        await new Promise((resolve) => setTimeout(resolve, 100));
    };
    await says(
      /train: waiting.*no worker polls `streamsage-train-gpu`.*STREAMSAGE_TRAIN_DEVICES=gpu node dist/,
    );
    const { waiting } = await takeSnapshot(temporal.client, handle.workflowId);
    assert.deepEqual([waiting?.queue, waiting?.attended], [trainQueues.gpu, false]);
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.match(currentDetails, /No worker polls `streamsage-train-gpu`.*STREAMSAGE_TRAIN_DEVICES=gpu/);
    // No machine of these tests has a GPU that TensorFlow may use: the worker that comes says so, and the run ends.
    const port = await freePort(29_600);
    const gpu = await worker('train-worker', {
      STREAMSAGE_TRAIN_DEVICES: 'gpu',
      STREAMSAGE_METRICS_ADDRESS: `127.0.0.1:${port}`,
      CUDA_VISIBLE_DEVICES: '',
    });
    await assert.rejects(handle.result(), WorkflowFailedError);
    assert.match(((await watching) as Error).message, /--device gpu asks.*\[EngineUnavailableError\]/s);
    const { run, error, retried } = await gpu.entry(({ message }) => message === 'stage failed');
    assert.deepEqual([run, error, retried], [handle.workflowId, 'EngineUnavailableError', false]);
    const failures =
      'streamsage_failures_total{error="EngineUnavailableError",retried="false",stage="train"}';
    assert.equal((await scrape(`127.0.0.1:${port}`)).get(failures), 1);
  });

  it('whose configuration is wrong end with a line that says so, and show no secret', async () => {
    const secrets = {
      AWS_SECRET_ACCESS_KEY: 'MARKED-s3-secret/0123456789',
      AWS_SESSION_TOKEN: 'MARKED-session-token==',
      TEMPORAL_API_KEY: 'MARKED-temporal-api-key',
    };
    const shown = (of: WorkerProcess) => assert.ok(!of.text().includes('MARKED'), of.text());
    // Encryption is off, so that the key goes to a server that does not ask for one.
    const all = { ...secrets, TEMPORAL_TLS: 'false', STREAMSAGE_LOG_LEVEL: 'trace' };
    // It polls: with credentials of the store's that are right, and are not to be seen either.
    const { AWS_SECRET_ACCESS_KEY: right } = await s3Environment(s3);
    const refused = await worker('data-worker', {
      ...all,
      AWS_SECRET_ACCESS_KEY: right,
      AWS_SESSION_TOKEN: '',
    });
    const handle = await temporal.client.workflow.start(workflowType, {
      ...{ workflowId: `run-${++sequence}`, taskQueue: dataQueue },
      args: [{ source: { kind: 's3', bucket: 'another', key: 'u.data' } } satisfies TrainInput],
    });
    await assert.rejects(handle.result(), WorkflowFailedError);
    const { error, stage, retried } = await refused.entry(({ message }) => message === 'stage failed');
    assert.deepEqual([error, stage, retried], ['StoreAccessError', 'download', false]);
    await refused.entry(({ message, run }) => message === 'Workflow failed' && run === handle.workflowId);
    assert.equal(await refused.stop(), 0);
    shown(refused);
    assert.ok(!refused.text().includes(right!), refused.text());

    for (const [more, reason] of [
      [{ STREAMSAGE_METRICS_ADDRESS: 'everywhere' }, /STREAMSAGE_METRICS_ADDRESS to be an IP address/],
      [{ STREAMSAGE_METRICS_ADDRESS: temporal.address }, /to serve metrics.*in use/],
      [{ STREAMSAGE_LOG_LEVEL: 'loud' }, /STREAMSAGE_LOG_LEVEL to be trace/],
    ] as const) {
      const wrong = startWorkerProcess('data-worker', { ...(await environment()), ...secrets, ...more });
      started.push(wrong);
      const line = await wrong.entry(({ level }) => level === 'fatal');
      assert.equal(line['error'], 'NotConfiguredError');
      assert.match(String(line['reason']), reason);
      assert.equal(await wrong.end(), 3);
      shown(wrong);
    }

    const lost = startWorkerProcess('train-worker', {
      ...(await environment()),
      ...{ ...secrets, AWS_SECRET_ACCESS_KEY: right, AWS_SESSION_TOKEN: '' },
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      STREAMSAGE_LOG_LEVEL: 'trace',
    });
    started.push(lost);
    const { reason } = await lost.entry(({ message }) => message === 'worker waits for Temporal');
    assert.match(String(reason), /Temporal server at 127\.0\.0\.1:1, got no answer/);
    const asked = Date.now();
    await lost.stop();
    assert.ok(Date.now() - asked < 5000, `${Date.now() - asked} ms`);
    shown(lost);
  });

  for (const name of ['data-worker', 'train-worker'] as const) {
    it(`that the store or Temporal refuses do not poll: a ${name} ends with one line and code 3`, async () => {
      for (const [more, error, reason] of [
        [
          { AWS_SECRET_ACCESS_KEY: 'wrong-secret' },
          'StoreAccessError',
          /`streamsage`.*SignatureDoesNotMatch/,
        ],
        [{ AWS_ACCESS_KEY_ID: 'nobody' }, 'StoreAccessError', /InvalidAccessKeyId/],
        [{ STREAMSAGE_BUCKET: 'another' }, 'StoreAccessError', /bucket `another`.*Check STREAMSAGE_BUCKET/],
        [
          { TEMPORAL_NAMESPACE: 'nowhere' },
          'TemporalAccessError',
          /namespace `nowhere`.*none of that name.*TEMPORAL_NAMESPACE/,
        ],
      ] as const) {
        const refused = startWorkerProcess(name, { ...(await environment()), ...more });
        started.push(refused);
        assert.equal(await refused.end(), 3, refused.text());
        const [line, ...others] = refused.entries();
        assert.deepEqual([others, line?.['level'], line?.['error']], [[], 'fatal', error], refused.text());
        assert.match(String(line?.['reason']), reason);
        assert.ok(!refused.text().includes('wrong-secret'));
      }
    });
  }

  it('wait for a store that is away, and poll once it answers', async () => {
    const port = await freePort(29_700);
    const endpoint = `http://127.0.0.1:${port}`;
    const early = startWorkerProcess('data-worker', {
      ...(await environment()),
      AWS_ENDPOINT_URL_S3: endpoint,
    });
    started.push(early);
    const { reason } = await early.entry(({ message }) => message === 'worker waits for the store');
    assert.match(String(reason), new RegExp(`an answer from bucket .* at ${endpoint}`));
    const way = await startS3Proxy(s3.settings.endpoint, port);
    try {
      await early.entry(polls);
      assert.equal(await early.stop(), 0);
    } finally {
      await way.close();
    }
  });
});
