import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';
import { connectClient } from '../../adapters/temporal.js';
import { parseManifest } from '../../artifacts/manifest.js';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { smallRatingsFile } from '../support/ratings-file.js';
import { chosenS3Server, type S3Server, startS3Server } from '../support/s3-server.js';
import { requireShared } from '../support/shared-folder.js';
import { readArtifacts, startStack, type TestStack } from '../support/stack.js';

interface Printed {
  readonly run: string;
  readonly status: string;
  readonly synthetic: boolean;
  readonly metrics: { readonly test: Record<string, number> };
  readonly artifacts: readonly { readonly name: string; readonly sha256: string }[];
  readonly stages: readonly { readonly stage: string; readonly state: string; readonly result: string }[];
  readonly training: Readonly<Record<string, number | string>>;
}

const artifactNames = [
  'binge_model.h5',
  'tfjs/model.json',
  'tfjs/group1-shard1of1.bin',
  'history.json',
  'metrics.json',
  'accuracy.svg',
  'accuracy.png',
  'loss.svg',
  'loss.png',
  'model_summary.txt',
];

describe(`the pipeline, whole, on real servers: ${chosenS3Server()}`, function () {
  this.timeout(180_000);
  let s3: S3Server | undefined;
  let stack: TestStack;
  let ratings: string;
  let first: Printed;

  before(async function () {
    // The stack brings a MinIO of its own.
    if (chosenS3Server() !== 'minio') s3 = await startS3Server(this);
    stack = await startStack(s3);
    ratings = await smallRatingsFile(stack.folder);
  });
  after(async () => {
    await (stack as TestStack | undefined)?.stop();
    await s3?.stop();
  });

  const train = async (...flags: string[]): Promise<Printed> => {
    const { code, stdout, stderr } = await stack.streamsage('train', '--source', ratings, '--json', ...flags);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Printed;
  };
  const small = ['--epochs', '3', '--lstm-units', '12', '--dense-units', '8'];
  const digest = ({ artifacts }: Printed, name: string) =>
    artifacts.find((artifact) => artifact.name === name)?.sha256;

  it('trains, and puts what it made into a folder', async () => {
    const output = join(stack.folder, 'runs');
    first = await train(...small, '--output', output);
    assert.equal(first.status, 'completed');
    assert.equal(first.synthetic, false);
    assert.ok(first.stages.every(({ result }) => result === 'miss'));
    const folder = join(output, first.run);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    assert.deepEqual(
      entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
        .sort(),
      [...artifactNames, 'manifest.json'].sort(),
    );
    const files = await readArtifacts(folder, [...artifactNames, 'manifest.json']);
    for (const { name, sha256 } of first.artifacts) {
      assert.equal(createHash('sha256').update(files[name]!).digest('hex'), sha256, name);
    }
    const manifest = parseManifest(files['manifest.json']!);
    assert.equal(manifest.parameters['lstmUnits'], 12);
    assert.equal(manifest.parameters['seed'], 42);
    assert.deepEqual(Object.keys(manifest.timings), [
      'download',
      'preprocess',
      'window',
      'train',
      'evaluate',
      'publish',
    ]);
    assert.deepEqual(JSON.parse(files['metrics.json']!.toString()), first.metrics);
    const history = JSON.parse(files['history.json']!.toString()) as Record<string, number[]>;
    assert.equal(history['val_loss']!.length, 3);
  });

  it('does no work twice: the same training comes from the store, to the byte', async () => {
    const again = await train(...small);
    assert.deepEqual(
      again.stages.map(({ result }) => result),
      ['hit', 'hit', 'hit', 'hit', 'hit', 'miss'],
    );
    assert.deepEqual(
      again.artifacts.map(({ sha256 }) => sha256),
      first.artifacts.map(({ sha256 }) => sha256),
    );
  });

  it('trains the same model, byte for byte, when it trains anew', async () => {
    const again = await train(...small, '--refresh', 'train');
    assert.deepEqual(
      again.stages.map(({ result }) => result),
      ['hit', 'hit', 'hit', 'miss', 'miss', 'miss'],
    );
    assert.equal(digest(again, 'binge_model.h5'), digest(first, 'binge_model.h5'));
  });

  it('takes ratings from a bucket, drops bad rows on request, and says when nothing has changed', async () => {
    const lines = Array.from({ length: 60 }, (_, index) => `1\t${index + 1}\t3\t${880_000_000 + index * 60}`);
    const store = createS3ObjectStore(stack.settings.s3);
    await store.put('in/u.data', Buffer.from(['x', ...lines].join('\n')), 'text/plain');
    const source = [
      '--source',
      `s3://${stack.settings.s3.bucket}/in/u.data`,
      '--epochs',
      '1',
      '--lstm-units',
      '4',
    ];
    const refused = await stack.streamsage('train', ...source);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /Line 1 of the ratings has 1 field .*`maxBadRows` \[InvalidDataError\]/);
    const again = await stack.streamsage('train', ...source, '--max-bad-rows', '1');
    assert.equal(again.code, 0, again.stderr);
    assert.match(
      again.stdout,
      /60 ratings from s3:\/\/.*\/in\/u\.data, unchanged\nBad rows dropped: 1\. The first: Line 1 /,
    );
    // Every window is a binge.
    assert.match(again.stdout, /ROC AUC +not defined/);
    const run = /Run (s3-u-data-\S+) is done/.exec(again.stdout)?.[1] ?? '';
    const manifest = parseManifest((await store.get(`runs/${run}/manifest.json`))!);
    assert.equal(manifest.source.name, source[1]);
    assert.deepEqual([manifest.data['badRows'], manifest.parameters['maxBadRows']], [1, 1]);
  });

  it('goes on from where a run of fewer epochs ended, to the model that a longer run gives', async () => {
    const longer = await train(...small, '--epochs', '5');
    assert.equal(longer.training['resumedFrom'], 'epoch 3');
    const afresh = await train(...small, '--epochs', '5', '--refresh', 'train');
    assert.equal(afresh.training['resumedFrom'], undefined);
    assert.equal(digest(longer, 'binge_model.h5'), digest(afresh, 'binge_model.h5'));
    assert.equal(digest(longer, 'history.json'), digest(afresh, 'history.json'));
  });

  it('says what trained, and refuses what contradicts itself', async () => {
    const { engine, device, reason } = first.training;
    assert.deepEqual([engine, device], ['wasm', 'cpu']);
    assert.match(String(reason), /GPU/);
    const wrong = await stack.streamsage(
      ...['train', '--source', ratings, ...small, '--engine', 'wasm', '--device', 'gpu'],
    );
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /`device` to be auto or cpu with `engine` wasm, got `gpu`/);
  });

  it('trains another model for another seed, on windows cut anew', async () => {
    const other = await train(...small, '--seed', '7');
    assert.deepEqual(
      other.stages.slice(0, 4).map(({ result }) => result),
      ['hit', 'hit', 'miss', 'miss'],
    );
    assert.notEqual(digest(other, 'binge_model.h5'), digest(first, 'binge_model.h5'));
  });

  it('mends a stage whose artifact was altered in the store', async () => {
    const { createS3ObjectStore } = await import('../../adapters/s3-object-store.js');
    const store = createS3ObjectStore(stack.settings.s3);
    const { stdout } = await stack.streamsage(
      'artifacts',
      'get',
      first.run,
      'manifest.json',
      '--output',
      stack.folder,
    );
    assert.ok(stdout.length >= 0);
    const manifest = parseManifest(await readFile(join(stack.folder, first.run, 'manifest.json')));
    const table = manifest.stages.find(({ stage }) => stage === 'window')!.outputs['windowTable']!;
    await store.put(table.key, Uint8Array.of(1, 2, 3), 'x');
    const again = await train(...small);
    assert.equal(again.stages[2]?.result, 'miss');
    assert.equal(digest(again, 'binge_model.h5'), digest(first, 'binge_model.h5'));
  });

  it('lists, shows and fetches runs; `latest` is the last one', async () => {
    const listed = JSON.parse((await stack.streamsage('runs', 'list', '--json')).stdout) as {
      runs: { run: string }[];
    };
    assert.ok(listed.runs.some(({ run }) => run === first.run));
    const shown = JSON.parse((await stack.streamsage('runs', 'show', first.run, '--json')).stdout) as Printed;
    assert.equal(shown.status, 'completed');
    assert.deepEqual(shown.metrics, first.metrics);
    assert.deepEqual(
      shown.artifacts.map(({ name }) => name),
      artifactNames,
    );
    const folder = join(stack.folder, 'fetched');
    const wanted = ['binge_model.h5', 'tfjs/model.json'];
    const got = await stack.streamsage('artifacts', 'get', first.run, ...wanted, '--output', folder);
    assert.equal(got.code, 0, got.stderr);
    const files = await readArtifacts(join(folder, first.run), wanted);
    for (const name of wanted) {
      assert.equal(createHash('sha256').update(files[name]!).digest('hex'), digest(first, name), name);
    }
    const named = await stack.streamsage('artifacts', 'list', first.run);
    assert.match(named.stdout, new RegExp(`tfjs/model\\.json .*${digest(first, 'tfjs/model.json')!}`));
    assert.equal((await stack.streamsage('artifacts', 'get', 'latest', '--output', folder)).code, 0);
    const latest = [
      await stack.streamsage('artifacts', 'list'),
      await stack.streamsage('artifacts', 'list', 'latest'),
    ];
    assert.equal(latest[0]!.stdout, latest[1]!.stdout);
    assert.match(latest[0]!.stdout, /^binge_model\.h5 /);
    const unwritable = await stack.streamsage('artifacts', 'get', 'latest', '--output', ratings);
    assert.equal(unwritable.code, 2);
    assert.ok(unwritable.stderr.includes(`\`--output\` to be a folder that can be written, got ${ratings}`));
  });

  it('keeps the history of a run small, and free of data and secrets', async () => {
    const client = await connectClient(stack.settings);
    const history = historyToJSON(await client.workflow.getHandle(first.run).fetchHistory());
    await client.connection.close();
    assert.ok(history.length < 200_000, String(history.length));
    const { secretAccessKey } = (await stack.settings.s3.credentials!()) as { secretAccessKey: string };
    assert.ok(!history.includes(secretAccessKey));
    assert.ok(!history.includes(Buffer.from(secretAccessKey).toString('base64').slice(0, -2)));
  });

  it('says what was tried when the publisher does not answer', async () => {
    const { code, stderr, stdout } = await stack.streamsage('train', '--epochs', '1');
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /could not be downloaded\. Tried http:\/\/127\.0\.0\.1:1\/ml-100k\.zip: .*--source synthetic \[SourceUnreachableError\]\. Once that is mended: .*streamsage runs repair .*\n$/s,
    );
    assert.match(stderr, /^streamsage: Run \S+ is blocked in download: /m);
    assert.equal((await stack.streamsage('runs', 'cancel', 'latest')).code, 0);
    const failed = await stack.streamsage('train', '--epochs', '1', '--on-failure', 'fail');
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /^streamsage: Run \S+ failed: .* \[SourceUnreachableError\]$/m);
  });

  it('goes on with synthetic data where that was asked for, and says so everywhere', async () => {
    const flags = ['--if-unreachable', 'synthetic', '--epochs', '1', '--lstm-units', '8', '--json'];
    const { code, stderr, stdout } = await stack.streamsage('train', ...flags);
    assert.equal(code, 0, stderr);
    const printed = JSON.parse(stdout) as Printed;
    assert.equal(printed.synthetic, true);
    assert.match(printed.run, /^synthetic-/);
    assert.equal(stderr.match(/SYNTHETIC DATA/g)?.length, 2);
  });

  it('refuses wrong use at once, naming the value and the way out', async () => {
    for (const [flags, code, message] of [
      [['train', '--epochs', '0'], 2, /`epochs` to be a whole number from 1 to 10000, got `0`/],
      [['train', '--epochs', 'ten'], 2, /epochs.*ten/],
      [['train', '--source', '/nowhere.zip'], 2, /\/nowhere\.zip.*no such file/],
      [['train', '--nonsense'], 2, /--nonsense/],
      [['runs', 'show', 'no-such-run'], 1, /no-such-run/],
      [['artifacts', 'get', '../secrets'], 2, /run to be named by .*"\.\.\/secrets"/],
    ] as const) {
      const { code: got, stderr, stdout } = await stack.streamsage(...flags);
      assert.match(stderr, message);
      assert.equal(got, code, `${flags.join(' ')}: ${stderr}`);
      assert.equal(stdout, '');
    }
  });

  it('ends a run within seconds when it is cancelled, and leaves no process behind', async () => {
    const { stdout } = await stack.streamsage(
      ...['train', '--source', ratings, '--epochs', '5000', '--detach', '--json', '--seed', '99'],
    );
    const { run } = JSON.parse(stdout) as { run: string };
    const client = await connectClient(stack.settings);
    const handle = client.workflow.getHandle(run);
    const training = async () => {
      const [pending] = (await handle.describe()).raw.pendingActivities ?? [];
      return pending?.activityType?.name === 'train' && pending.lastHeartbeatTime !== undefined;
    };
    while (!(await training())) await new Promise((resolve) => setTimeout(resolve, 100));
    const latest = JSON.parse((await stack.streamsage('runs', 'show', 'latest', '--json')).stdout) as Printed;
    assert.deepEqual([latest.run, latest.status], [run, 'running']);
    const started = Date.now();
    const cancelled = await stack.streamsage('runs', 'cancel', 'latest');
    assert.equal(cancelled.code, 0, cancelled.stderr);
    await assert.rejects(handle.result());
    // Not after the hours that the training would have taken; the limit leaves room for a busy machine.
    assert.ok(Date.now() - started < 30_000, `${Date.now() - started} ms`);
    await client.connection.close();
    const shown = JSON.parse((await stack.streamsage('runs', 'show', run, '--json')).stdout) as Printed;
    assert.equal(shown.status, 'cancelled');
    assert.deepEqual(
      shown.stages.map(({ state }) => state),
      ['done', 'done', 'done', 'cancelled', 'waiting', 'waiting'],
    );
    const published = await stack.streamsage('artifacts', 'list', 'latest', '--json');
    assert.notEqual((JSON.parse(published.stdout) as Printed).run, run);
    const worker = (await stack.parts())['train-worker']!.pid!;
    const children = await readFile(`/proc/${worker}/task/${worker}/children`, 'utf8').catch(() => '');
    assert.equal(children.trim(), '');

    // What it had learnt is not lost: another run of the same training goes on from there.
    const saved = await createS3ObjectStore(stack.settings.s3).list('checkpoints/');
    const furthest = saved.map(({ key }) => Number(/\/(\d{8})-\d{10}-/.exec(key)?.[1] ?? 0));
    const epochs = String(Math.max(...furthest) + 2);
    const flags = ['--epochs', epochs, '--seed', '99'];
    const resumed = await train(...flags);
    assert.match(String(resumed.training['resumedFrom']), /^epoch \d+/);
    const afresh = await train(...flags, '--refresh', 'train');
    assert.equal(digest(resumed, 'binge_model.h5'), digest(afresh, 'binge_model.h5'));
  });

  it("gives what the notebook gives on MovieLens 100K, with the notebook's defaults", async function () {
    const source = requireShared(this, 'data/ml-100k.zip');
    const { code, stdout, stderr } = await stack.streamsage('train', '--source', source, '--json');
    assert.equal(code, 0, stderr);
    const { metrics, run } = JSON.parse(stdout) as Printed;
    assert.match(run, /^ml-100k-/);
    const { accuracy, majorityAccuracy, logLoss, baseRateLogLoss, rocAuc } = metrics.test;
    assert.ok(logLoss! <= 0.08, String(logLoss));
    assert.ok(rocAuc! >= 0.695, String(rocAuc));
    assert.ok(logLoss! < baseRateLogLoss!);
    assert.equal(accuracy, majorityAccuracy);
  });
});
