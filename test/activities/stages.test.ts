import assert from 'node:assert/strict';
import type { Info as ActivityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createDataActivities } from '../../activities/data-activities.js';
import { createTrainActivities } from '../../activities/train-activities.js';
import type { StageAttempt, StageEvent, Telemetry } from '../../activities/telemetry.js';
import type { Trainer } from '../../activities/train.js';
import { claimCheckpoints } from '../../artifacts/checkpoints.js';
import { ArtifactCorruptError } from '../../artifacts/errors.js';
import { collectGarbage } from '../../artifacts/collect.js';
import { hasContent, putContent, sha256 } from '../../artifacts/content.js';
import { listRuns, readManifest } from '../../artifacts/runs.js';
import { type Parameters, resolveParameters } from '../../predictor/config.js';
import type { Device, EnginePlan, TensorflowState } from '../../predictor/engine/choose-engine.js';
import { TrainingDivergedError } from '../../predictor/errors.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../predictor/model/checkpoint.js';
import { parseRatings } from '../../predictor/ratings/parse.js';
import { buildRatingsTable } from '../../predictor/ratings/ratings-table.js';
import { runTrainingJob } from '../../predictor/training-job.js';
import { createEngine } from '../../workers/engines.js';
import type { Placement, StageOutcome, StageProgress } from '../../workflows/contract.js';
import { ensureKernel } from '../support/kernel.js';
import { MemoryStore } from '../support/memory-store.js';
import { noSources } from '../support/sources.js';
import { fewRatings, wasmPlan } from '../support/training-job.js';

const parameters = resolveParameters({ epochs: 4, lstmUnits: 8, denseUnits: 4 });
/** Failures are wanted here: the SDK's warnings of them are not. */
const quietEnvironment = () => new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
const inPlace: Trainer = (job, reports) => runTrainingJob(job, createEngine, reports);
let plan: EnginePlan;
const machine = {
  hasNvidiaDriver: () => false,
  wasmRuntime: (fast: boolean) => (fast ? 'fast' : 'exact'),
  probeTensorflow: () => Promise.resolve({ available: false, gpu: false, runtimes: {}, reason: 'none here' }),
};

type RecordedEvent = StageAttempt & StageEvent;
/** Nobody offers a GPU. */
const workforce = { trainsOn: (device: Device) => Promise.resolve(device === 'cpu') };
const untold: Telemetry = () => undefined;
const onCpu: Placement = { device: 'cpu', reason: 'placed there', attended: true };

/** The stages over a store in memory, each called as Temporal would. */
function stagesOver(store: MemoryStore, trainer: Trainer = inPlace) {
  const events: RecordedEvent[] = [];
  const telemetry: Telemetry = (attempt, event) => void events.push({ ...attempt, ...event });
  const data = createDataActivities({
    ...{ store, sources: noSources, telemetry, workforce },
    versions: { streamsage: 'test' },
    linkTo: (key: string) => `https://console.test/${key}`,
  });
  const { train, planTraining } = createTrainActivities({
    ...{ store, trainer, machine, telemetry, checkpointSeconds: 3600 },
    reportBegun: () => Promise.resolve(),
    reportEpoch: () => Promise.resolve(),
  });
  const heartbeats: StageProgress[] = [];
  const call = <Request, Result>(
    activity: (request: Request) => Promise<Result>,
    request: Request,
  ): Promise<Result> => {
    const environment = quietEnvironment();
    environment.on('heartbeat', (details: StageProgress) => heartbeats.push(details));
    return environment.run(activity, request);
  };
  return { data, train, planTraining, call, heartbeats, events };
}

async function upToWindows(store: MemoryStore, given: Parameters = parameters, refresh = false) {
  const { data, call } = stagesOver(store);
  const request = { run: 'run', parameters: given, refresh };
  const ratings = await putContent(store, fewRatings(), 'text/plain');
  const downloaded = await call(data.download, {
    ...request,
    source: { kind: 'uploaded', name: 'x', ratings },
  });
  const preprocessed = await call(data.preprocess, { ...request, inputs: downloaded.outputs });
  const windowed = await call(data.window, { ...request, inputs: preprocessed.outputs });
  return { downloaded, preprocessed, windowed, inputs: { ...preprocessed.outputs, ...windowed.outputs } };
}

describe('stages', () => {
  before(async () => {
    await ensureKernel();
    plan = wasmPlan();
  });

  it('do their work once, and again when they are told to', async () => {
    const store = new MemoryStore();
    const results = ({ downloaded, preprocessed, windowed }: Record<string, StageOutcome | object>) =>
      [downloaded, preprocessed, windowed].map((outcome) => (outcome as StageOutcome).result);
    assert.deepEqual(results(await upToWindows(store)), ['miss', 'miss', 'miss']);
    assert.deepEqual(results(await upToWindows(store)), ['hit', 'hit', 'hit']);
    assert.deepEqual(results(await upToWindows(store, { ...parameters, seed: 1 })), ['hit', 'hit', 'miss']);
    assert.deepEqual(results(await upToWindows(store, parameters, true)), ['miss', 'miss', 'miss']);
  });

  it('say why they ran, or did not', async () => {
    const store = new MemoryStore();
    const reasons = async (...rest: [Parameters?, boolean?]) => {
      const { downloaded, preprocessed, windowed } = await upToWindows(store, ...rest);
      return [downloaded, preprocessed, windowed].map(({ reason }) =>
        reason?.replace(/ (of|at) \d.*?UTC/, ''),
      );
    };
    const none = 'the store remembers no earlier run of this stage';
    const hit = 'made by this run itself,';
    const refreshed = 'asked for: --refresh';
    assert.deepEqual(await reasons(), [none, none, none]);
    assert.deepEqual(await reasons(), [hit, hit, hit]);
    const other = { ...parameters, seed: 1 };
    assert.deepEqual(await reasons(other), [hit, hit, 'seed 42 → 1 (compared with run run)']);
    assert.deepEqual(await reasons(other, true), [refreshed, refreshed, refreshed]);
    const tables = await upToWindows(store);
    store.objects.set(tables.inputs.windowTable.key, Uint8Array.of(1));
    const mended = 'made again: of what run run made `windowTable` is altered';
    assert.deepEqual(await reasons(), [hit, hit, mended]);
    assert.deepEqual(await reasons(), [hit, hit, hit]);
    // A store from before identities were remembered comes to know those that are used.
    store.objects.delete('records/window.recent.json');
    await reasons();
    assert.match(String((await reasons({ ...parameters, seed: 2 }))[2]), /^seed 42 → 2/);
  });

  it('do not lose what lay there as garbage to a collection in their midst', async () => {
    const store = new MemoryStore();
    const first = await upToWindows(store);
    // Nothing names the table any more, and the stage will find it there.
    for (const key of store.objects.keys()) if (key.startsWith('records/')) store.objects.delete(key);
    for (const key of store.objects.keys()) store.modified.set(key, new Date(0));
    const { ratings } = first.downloaded.outputs;
    const outside = { openRuns: new Set(['run']), content: new Set([ratings.key]), runs: new Set<string>() };
    const put = store.put.bind(store);
    let collected = 0;
    store.put = async (key, bytes) => {
      if (key.startsWith('records/preprocess/') && collected === 0) {
        const timing = { leaseMs: 1000, momentMs: 0 };
        const request = { graceMs: 60_000 };
        collected++;
        const { removals } = await collectGarbage(store, () => Promise.resolve(outside), request, timing);
        collected = removals.length;
      }
      await put(key, bytes);
    };
    const { data, call } = stagesOver(store);
    const request = { run: 'run', parameters, refresh: false, inputs: { ratings } };
    const { outputs } = await call(data.preprocess, request);
    assert.ok(collected > 0);
    assert.deepEqual(outputs, first.preprocessed.outputs);
    assert.equal(await hasContent(store, outputs.ratingsTable), true);
  });

  it('refuse an input that was altered', async () => {
    const store = new MemoryStore();
    const { data, call } = stagesOver(store);
    const { downloaded } = await upToWindows(store);
    store.objects.set(downloaded.outputs.ratings.key, new TextEncoder().encode('1\t1\t1\t1\n'));
    const request = { run: 'run', parameters, refresh: true, inputs: downloaded.outputs };
    await assert.rejects(call(data.preprocess, request), ArtifactCorruptError);
  });

  it('train on from the last checkpoint after a crash, to the same bytes', async () => {
    const [undisturbed, crashed] = [new MemoryStore(), new MemoryStore()];
    const request = async (store: MemoryStore) => ({
      run: 'run',
      parameters,
      refresh: false,
      inputs: (await upToWindows(store)).inputs,
      plan,
    });
    const whole = stagesOver(undisturbed);
    const expected = await whole.call(whole.train, await request(undisturbed));
    assert.ok(whole.heartbeats.some(({ stage }) => stage === 'train'));

    const crashing = stagesOver(crashed, (job, reports) =>
      runTrainingJob(job, createEngine, {
        ...reports,
        save: async (saved) => {
          await reports.save(saved);
          if (saved.epoch === 2) throw new Error('killed');
        },
      }),
    );
    await assert.rejects(crashing.call(crashing.train, await request(crashed)), /killed/);
    const resumed: (number | undefined)[] = [];
    const retry = stagesOver(crashed, (job, reports) => {
      resumed.push(job.resumeFrom && decodeCheckpoint(job.resumeFrom).epoch);
      return runTrainingJob(job, createEngine, reports);
    });
    assert.deepEqual((await retry.call(retry.train, await request(crashed))).outputs, expected.outputs);
    assert.deepEqual(resumed, [2]);
  });

  it('do not go on from a checkpoint of another training', async () => {
    const store = new MemoryStore();
    const first = stagesOver(store);
    const { inputs } = await upToWindows(store);
    await first.call(first.train, { run: 'run', parameters, refresh: false, inputs, plan });
    const resumed: unknown[] = [];
    const other = stagesOver(store, (job, reports) => {
      resumed.push(job.resumeFrom);
      return runTrainingJob(job, createEngine, reports);
    });
    const changed = { ...parameters, learningRate: 0.01 };
    await other.call(other.train, { run: 'run', parameters: changed, refresh: false, inputs, plan });
    assert.deepEqual(resumed, [undefined]);
  });

  /** Trains with the given epochs in a run, and says from which epoch it went on. */
  async function trainedFrom(
    store: MemoryStore,
    { run = 'run', epochs = 4, refresh = false, trainer = inPlace },
  ) {
    const { inputs } = await upToWindows(store);
    let from: number | undefined;
    const stages = stagesOver(store, (job, reports, signal, tell) => {
      from = job.resumeFrom && decodeCheckpoint(job.resumeFrom).epoch;
      return trainer(job, reports, signal, tell);
    });
    const request = { run, parameters: { ...parameters, epochs }, refresh, inputs, plan };
    const outcome = await stages.call(stages.train, request);
    return { from, outcome };
  }

  it('train on from where a finished run of fewer epochs ended, unless told to start afresh', async () => {
    const [alone, store] = [new MemoryStore(), new MemoryStore()];
    const { outcome: whole } = await trainedFrom(alone, { epochs: 6 });
    await trainedFrom(store, { run: 'a', epochs: 4 });
    const longer = await trainedFrom(store, { run: 'b', epochs: 6 });
    assert.equal(longer.from, 4);
    assert.equal(longer.outcome.facts['resumedFrom'], 'epoch 4');
    assert.deepEqual(longer.outcome.outputs, whole.outputs);
    // Not from the sixth: that is further than this one is to go.
    assert.equal((await trainedFrom(store, { run: 'c', epochs: 5 })).from, 5);
    assert.equal((await trainedFrom(store, { run: 'd', epochs: 6, refresh: true })).from, undefined);
    const afresh = await trainedFrom(store, { run: 'e', epochs: 7, refresh: true });
    assert.equal(afresh.from, undefined);
  });

  it('train on from what a run of the same training left that did not end', async () => {
    const store = new MemoryStore();
    const interrupted: Trainer = (job, reports) => {
      let steps = 0;
      return runTrainingJob(job, createEngine, { ...reports, stopRequested: () => ++steps === 20 });
    };
    await assert.rejects(trainedFrom(store, { run: 'a', trainer: interrupted }), /was asked to stop/);
    const left = [...store.objects.keys()].filter((key) => key.startsWith('checkpoints/'));
    assert.ok(
      left.some((key) => !/-0{10}-/.test(key) && !key.endsWith('.json')),
      String(left),
    );
    const next = await trainedFrom(store, { run: 'b' });
    assert.match(String(next.outcome.facts['resumedFrom']), /^epoch \d+, step \d+$/);
    assert.deepEqual(next.outcome.outputs, (await trainedFrom(new MemoryStore(), {})).outcome.outputs);
  });

  it('pass over a state that is damaged, or of another training', async () => {
    const store = new MemoryStore();
    await trainedFrom(store, { run: 'a', epochs: 2 });
    const finished = [...store.objects.keys()].find((key) => key.startsWith('trainings/'))!;
    store.objects.set(finished.replace('00000002', '00000003'), new TextEncoder().encode('{}'));
    const { from } = await trainedFrom(store, { run: 'b', epochs: 4 });
    assert.equal(from, 2);
    for (const [key] of store.objects) {
      if (key.startsWith('objects/') || key.includes('.json')) continue;
      store.objects.set(key, Uint8Array.of(1));
    }
    const { outcome } = await trainedFrom(store, { run: 'c', epochs: 5 });
    assert.deepEqual(outcome.outputs, (await trainedFrom(new MemoryStore(), { epochs: 5 })).outcome.outputs);
  });

  it('pass over a state that another version wrote, and one of another training under this name', async () => {
    const store = new MemoryStore();
    const { outcome } = await trainedFrom(store, { run: 'a', epochs: 2 });
    const of = String(outcome.facts['training']);
    const writer = await claimCheckpoints(store, of, 'x', 1);
    await writer.save({ epoch: 3, step: 5 }, new TextEncoder().encode('what version 9 writes'));
    const strange = decodeCheckpoint(store.objects.get(outcome.outputs.checkpoint.key)!);
    await writer.save({ epoch: 3, step: 6 }, encodeCheckpoint({ ...strange, fingerprint: 'b'.repeat(64) }));
    const { from, outcome: next } = await trainedFrom(store, { run: 'b', epochs: 4 });
    assert.equal(from, 2);
    assert.deepEqual(next.outputs, (await trainedFrom(new MemoryStore(), {})).outcome.outputs);
  });

  it('are cancelled, not failed, when the store fails while they are being cancelled', async () => {
    const { inputs } = await upToWindows(new MemoryStore());
    const store = new MemoryStore();
    await upToWindows(store);
    const { CancelledFailure } = await import('@temporalio/common');
    const environment = quietEnvironment();
    const stages = stagesOver(store, () => {
      environment.cancel();
      return Promise.reject(new Error('the store is away'));
    });
    const request = { run: 'run', parameters, refresh: false, inputs, plan };
    await assert.rejects(environment.run(stages.train, request), CancelledFailure);
  });

  it('tell of the last epoch, also when not every epoch is told', async () => {
    const store = new MemoryStore();
    const { inputs } = await upToWindows(store);
    const told: number[] = [];
    const { train } = createTrainActivities({
      ...{ store, trainer: inPlace, machine, checkpointSeconds: 3600, telemetry: untold },
      reportBegun: () => Promise.resolve(),
      reportEpoch: (_, { epoch }) => Promise.resolve(void told.push(epoch)),
    });
    const request = { run: 'run', parameters: { ...parameters, epochs: 81 }, refresh: false, inputs, plan };
    await quietEnvironment().run(train, request);
    assert.deepEqual(told.slice(0, 2), [3, 6]);
    assert.equal(told.at(-1), 81);
    assert.ok(told.length <= 40);
  });

  it('plan a training by what the worker has', async () => {
    const { planTraining, call } = stagesOver(new MemoryStore());
    const plans = (given: Partial<Parameters>, placement = onCpu) =>
      call(planTraining, { run: 'run', parameters: { ...parameters, ...given }, placement });
    const planned = await plans({});
    assert.deepEqual([planned.engine, planned.device, planned.runtime], ['wasm', 'cpu', 'exact']);
    assert.equal(planned.reason, 'placed there');
    const fast = await plans({ fastMath: true });
    assert.deepEqual([fast.fastMath, fast.runtime], [true, 'fast']);
    await assert.rejects(plans({ engine: 'tensorflow' }), {
      name: 'EngineUnavailableError',
      message: /--engine tensorflow asks: none here/,
    });
    const onGpu: Placement = { ...onCpu, device: 'gpu' };
    await assert.rejects(plans({ device: 'gpu' }, onGpu), /--device gpu asks/);
  });

  it('leave the GPU of a machine to the worker that offers it', async () => {
    const gpu: TensorflowState = { available: true, gpu: true, runtimes: { cpu: 'c', gpu: 'g' }, reason: '' };
    const { planTraining } = createTrainActivities({
      ...{ store: new MemoryStore(), trainer: inPlace, checkpointSeconds: 3600, telemetry: untold },
      machine: { ...machine, hasNvidiaDriver: () => true, probeTensorflow: () => Promise.resolve(gpu) },
      reportBegun: () => Promise.resolve(),
      reportEpoch: () => Promise.resolve(),
    });
    const large = { ...parameters, lstmUnits: 256, batchSize: 512 };
    const planned = async (device: Device, given: Partial<Parameters> = {}) => {
      const request = {
        run: 'run',
        parameters: { ...large, ...given },
        placement: { ...onCpu, device },
      };
      const plan: EnginePlan = await quietEnvironment().run(planTraining, request);
      return [plan.engine, plan.device];
    };
    assert.deepEqual(await planned('gpu'), ['tensorflow', 'gpu']);
    assert.deepEqual(await planned('cpu'), ['wasm', 'cpu']);
    assert.deepEqual(await planned('cpu', { engine: 'tensorflow' }), ['tensorflow', 'cpu']);
  });

  it('send a training to where it was asked for, or else to a GPU if one is offered and gains', async () => {
    const large = { lstmUnits: 256, batchSize: 512 };
    const cases: [Partial<Parameters>, Device[], Device, boolean, RegExp][] = [
      [{}, ['cpu', 'gpu'], 'cpu', true, /too few for a GPU/],
      [large, ['cpu', 'gpu'], 'gpu', true, /enough for a GPU to gain$/],
      [large, ['cpu'], 'cpu', true, /no worker offers a GPU/],
      [large, [], 'cpu', false, /no worker offers a GPU/],
      [{ engine: 'tensorflow' }, ['gpu'], 'gpu', true, /TensorFlow was asked for/],
      [{ ...large, engine: 'wasm' }, ['gpu'], 'cpu', false, /asked for/],
      [{ ...large, fastMath: true }, ['cpu', 'gpu'], 'cpu', true, /fast-math/],
      [{ ...large, device: 'cpu' }, ['cpu', 'gpu'], 'cpu', true, /asked for/],
      [{ device: 'gpu' }, ['cpu'], 'gpu', false, /asked for/],
    ];
    for (const [given, offered, device, attended, reason] of cases) {
      const { placeTraining } = createDataActivities({
        ...{ store: new MemoryStore(), telemetry: untold, versions: {} },
        sources: noSources,
        linkTo: () => undefined,
        workforce: { trainsOn: (wanted) => Promise.resolve(offered.includes(wanted)) },
      });
      const request = { run: 'run', parameters: { ...parameters, ...given } };
      const placement: Placement = await quietEnvironment().run(placeTraining, request);
      const what = JSON.stringify([given, offered]);
      assert.deepEqual([placement.device, placement.attended], [device, attended], what);
      assert.match(placement.reason, reason, what);
    }
  });

  it('tell what happens in them, in order, with the bytes that moved', async () => {
    const store = new MemoryStore();
    const { inputs } = await upToWindows(store);
    const { train, call, events } = stagesOver(store);
    const request = { run: 'run', parameters, refresh: false, inputs, plan };
    const outcome = await call(train, request);
    assert.ok(events.every(({ run, stage, attempt }) => run === 'run' && stage === 'train' && attempt === 1));
    const epochs = [1, 2, 3, 4].flatMap(() => ['epochEnded', 'checkpointSaved']);
    const told = events.map(({ kind }) => kind);
    assert.deepEqual(
      told.filter((kind) => !['read', 'written', 'stepsTaken'].includes(kind)),
      ['started', 'trainingBegan', ...epochs, 'trainingEnded', 'ended'],
    );
    const of = <Kind extends StageEvent['kind']>(kind: Kind) =>
      events.filter(
        (event): event is StageAttempt & Extract<StageEvent, { kind: Kind }> => event.kind === kind,
      );
    const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
    assert.equal(sum(of('stepsTaken').map(({ steps }) => steps)), outcome.facts['steps']);
    const [ended] = of('ended');
    assert.equal(ended?.result, 'miss');
    assert.equal(ended.bytesRead, sum(of('read').map(({ bytes }) => bytes)));
    assert.equal(ended.bytesWritten, sum(of('written').map(({ bytes }) => bytes)));
    assert.ok(
      ended.bytesRead >= inputs.ratingsTable.bytes + inputs.windowTable.bytes,
      String(ended.bytesRead),
    );
    const checkpoints = sum(of('checkpointSaved').map(({ bytes }) => bytes));
    assert.ok(ended.bytesWritten > checkpoints, String(ended.bytesWritten));
    const again = stagesOver(store);
    await again.call(again.train, { ...request, run: 'again' });
    assert.deepEqual(
      again.events
        .filter(({ kind }) => kind !== 'read')
        .map(({ kind, ...rest }) => [kind, 'result' in rest ? rest.result : undefined]),
      [
        ['started', undefined],
        ['ended', 'hit'],
      ],
    );
  });

  it('tell how they fail, and whether that is tried again', async () => {
    const failing = async (error: Error, info: Partial<ActivityInfo> = {}) => {
      const store = new MemoryStore();
      const { inputs } = await upToWindows(store);
      const { train, events } = stagesOver(store, () => Promise.reject(error));
      const environment = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
      const request = { run: 'run', parameters, refresh: false, inputs, plan };
      await assert.rejects(environment.run(train, request));
      const last = events.at(-1);
      assert.ok(last?.kind === 'failed');
      return last;
    };
    const retryPolicy = { nonRetryableErrorTypes: ['TrainingDivergedError'], maximumAttempts: 3 };
    const diverged = await failing(new TrainingDivergedError('no number'), { retryPolicy });
    assert.deepEqual(
      [diverged.error, diverged.reason, diverged.retried],
      ['TrainingDivergedError', 'no number', false],
    );
    assert.equal(diverged.stack, undefined);
    const first = await failing(new RangeError('our mistake'), { retryPolicy, attempt: 2 });
    assert.deepEqual([first.error, first.attempt, first.retried], ['RangeError', 2, true]);
    assert.match(first.stack!, /stages\.test/);
    const last = await failing(new TypeError('x'), { retryPolicy, attempt: 3 });
    assert.equal(last.retried, false);
    const final = ApplicationFailure.nonRetryable('enough', 'OutOfMemoryError');
    const told = await failing(final);
    assert.deepEqual([told.error, told.retried], ['OutOfMemoryError', false]);
  });

  it('publish a run that can be read, once or twice, and leave no checkpoint', async () => {
    const store = new MemoryStore();
    const { data, train, call } = stagesOver(store);
    const { downloaded, preprocessed, windowed, inputs } = await upToWindows(store);
    const request = { run: 'run', parameters, refresh: false };
    const trained = await call(train, { ...request, inputs, plan });
    const evaluated = await call(data.evaluate, {
      ...request,
      inputs: { ...inputs, weights: trained.outputs.weights },
    });
    const publication = {
      ...request,
      source: { kind: 'synthetic' } as const,
      stages: {
        download: downloaded,
        preprocess: preprocessed,
        window: windowed,
        train: trained,
        evaluate: evaluated,
      },
      metrics: evaluated.metrics,
    };
    assert.ok([...store.objects.keys()].some((key) => key.startsWith('checkpoints/')));
    const published = await call(data.publish, publication);
    const manifest = await readManifest(store, 'run');
    assert.equal(manifest.source.synthetic, true);
    assert.deepEqual(
      manifest.artifacts.map(({ sha256: digest }) => digest),
      published.artifacts.map(({ sha256: digest }) => digest),
    );
    const types = Object.fromEntries(manifest.artifacts.map(({ name, contentType }) => [name, contentType]));
    assert.equal(types['tfjs/model.json'], 'application/json');
    assert.equal(types['tfjs/group1-shard1of1.bin'], 'application/octet-stream');
    const model = JSON.parse(new TextDecoder().decode(await store.get('runs/run/tfjs/model.json'))) as {
      userDefinedMetadata: Record<string, string>;
    };
    assert.equal(model.userDefinedMetadata['ratingsSha256'], sha256(fewRatings()));
    const { scalers } = buildRatingsTable(parseRatings(fewRatings()));
    assert.deepEqual(JSON.parse(model.userDefinedMetadata['scalers']!), scalers);
    assert.deepEqual(await listRuns(store), ['run']);
    assert.ok(![...store.objects.keys()].some((key) => key.startsWith('checkpoints/')));
    const again = await call(data.publish, publication);
    assert.deepEqual(again.artifacts, published.artifacts);

    const asked = { run: 'next', parameters, ratings: downloaded.outputs.ratings };
    assert.deepEqual(await call(data.findUnchanged, asked), { sameAs: 'run' });
    assert.deepEqual(
      await call(data.findUnchanged, { ...asked, parameters: { ...parameters, seed: 1 } }),
      {},
    );
    const otherRatings = { ...asked.ratings, sha256: 'b'.repeat(64) };
    assert.deepEqual(await call(data.findUnchanged, { ...asked, ratings: otherRatings }), {});
    store.objects.delete('runs/run/manifest.json');
    assert.deepEqual(await call(data.findUnchanged, asked), {});
  });

  it('publish what started the run, if it says so', async () => {
    const store = new MemoryStore();
    const { data, train, call } = stagesOver(store);
    const { downloaded, preprocessed, windowed, inputs } = await upToWindows(store);
    const request = { run: 'nightly-2026-11-25T02:00:00Z', parameters, refresh: false };
    const trained = await call(train, { ...request, inputs, plan });
    const evaluated = await call(data.evaluate, {
      ...request,
      inputs: { ...inputs, weights: trained.outputs.weights },
    });
    const schedule = { name: 'nightly', time: '2026-11-25T02:00:00Z' };
    await call(data.publish, {
      ...({ ...request, startedBy: 'backfill', schedule, source: { kind: 'synthetic' } } as const),
      stages: {
        download: downloaded,
        preprocess: preprocessed,
        window: windowed,
        train: trained,
        evaluate: evaluated,
      },
      metrics: evaluated.metrics,
    });
    const manifest = await readManifest(store, request.run);
    assert.deepEqual([manifest.startedBy, manifest.schedule], ['backfill', schedule]);
  });
});
