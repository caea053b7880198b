import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';
import { connectClient } from '../../adapters/temporal.js';
import { RandomState } from '../../predictor/random.js';
import type { RunProgress, CompletedRun } from '../../workflows/contract.js';
import { progressQuery } from '../../workflows/contract.js';
import { smallRatingsFile } from '../support/ratings-file.js';
import { type S3Proxy, startS3Proxy } from '../support/s3-proxy.js';
import { killForGood, startStack, type TestStack } from '../support/stack.js';

const kills = 20;
/** Of the kills, these hit the training worker in the middle of writing a checkpoint; the others its child. */
const midWrite = (index: number) => index % 5 === 2;
const seed = Number(process.env['STREAMSAGE_KILL_SEED'] ?? 20);

describe(`a training that is killed ${kills} times (seed ${seed})`, function () {
  this.timeout(600_000);
  let stack: TestStack;
  let proxy: S3Proxy;
  let worker: ChildProcess;
  let ratings: string;

  before(async () => {
    stack = await startStack();
    ratings = await smallRatingsFile(stack.folder, 300);
    proxy = await startS3Proxy(stack.settings.s3.endpoint!);
  });
  after(async () => {
    worker.kill('SIGKILL');
    await proxy.close();
    await stack.stop();
  });

  /** A training worker that reaches the store through the proxy, and saves its state every second. */
  async function startWorker(): Promise<void> {
    const { s3, temporal } = stack.settings;
    const { accessKeyId, secretAccessKey } = await s3.credentials!();
    worker = spawn(
      process.execPath,
      [join(fileURLToPath(new URL('../../dist/workers/', import.meta.url)), 'train-worker.js')],
      {
        stdio: 'ignore',
        env: {
          PATH: process.env['PATH'],
          TEMPORAL_ADDRESS: temporal.address,
          AWS_ENDPOINT_URL_S3: proxy.endpoint,
          AWS_REGION: s3.region,
          STREAMSAGE_BUCKET: s3.bucket,
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
          STREAMSAGE_CHECKPOINT_SECONDS: '1',
        },
      },
    );
  }

  async function start(epochs: number): Promise<string> {
    const flags = ['--source', ratings, '--refresh', 'all', '--detach', '--json', '--epochs', String(epochs)];
    const { code, stdout, stderr } = await stack.streamsage('train', ...flags);
    assert.equal(code, 0, stderr);
    return (JSON.parse(stdout) as { run: string }).run;
  }

  const digests = ({ artifacts }: CompletedRun) =>
    Object.fromEntries(artifacts.map(({ name, sha256 }) => [name, sha256]));
  const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  async function trainingChild(): Promise<number | undefined> {
    const children = await readFile(`/proc/${worker.pid}/task/${worker.pid}/children`, 'utf8').catch(
      () => '',
    );
    const [child] = children.trim().split(' ');
    return child ? Number(child) : undefined;
  }

  it('ends with the weights of one that was left alone, bit for bit', async () => {
    const epochs = 40;
    const client = await connectClient(stack.settings);
    const store = createS3ObjectStore(stack.settings.s3);
    const random = new RandomState(seed);
    try {
      const undisturbed = (await client.workflow.getHandle(await start(epochs)).result()) as CompletedRun;
      await killForGood((await stack.parts())['train-worker']!.pid!);
      await startWorker();

      const run = await start(epochs);
      const handle = client.workflow.getHandle(run);
      let done = 0;
      while (done < kills) {
        if (midWrite(done)) {
          await proxy.holdNextPut(`/${stack.settings.s3.bucket}/checkpoints/`);
          const before = await store.list('checkpoints/');
          await killForGood(worker.pid!);
          // What was being written is not there, whole or in part.
          assert.deepEqual(await store.list('checkpoints/'), before);
          await startWorker();
        } else {
          let child: number | undefined;
          while ((child = await trainingChild()) === undefined) await sleep(20);
          await sleep(200 + random.interval(1500));
          // It may have been replaced, or be done, by now.
          if ((await trainingChild()) !== child) continue;
          await killForGood(child);
        }
        done++;
        const { status } = await handle.describe();
        assert.equal(status.name, 'RUNNING', `the training ended after ${done} kills: make it longer`);
      }
      const disturbed = (await handle.result()) as CompletedRun;
      assert.deepEqual(digests(disturbed), digests(undisturbed));
      const { epochs: told } = await handle.query<RunProgress>(progressQuery);
      assert.equal(told.at(-1)?.epoch, epochs);
    } finally {
      await client.connection.close();
    }
  });
});
