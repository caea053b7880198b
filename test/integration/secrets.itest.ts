import assert from 'node:assert/strict';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { putFreshContent } from '../../artifacts/content.js';
import { ensureBuild } from '../../infra/build.js';
import {
  dataQueue,
  progressQuery,
  type RunProgress,
  type TrainInput,
  workflowType,
} from '../../workflows/contract.js';
import { startPipeline, type TestPipeline } from '../support/pipeline.js';
import { fewRatings } from '../support/training-job.js';
import { polls, startWorkerProcess, type WorkerProcess } from '../support/worker-process.js';

const parameters = { epochs: 2, lstmUnits: 8, denseUnits: 4 };

/** What a text would hold of a secret: itself, or encoded as histories, addresses and JSON encode. */
function formsOf(secret: string): string[] {
  const base64 = [0, 1, 2].map((shift) =>
    // Without the ends, which depend on what stands beside it.
    Buffer.from('x'.repeat(shift) + secret)
      .toString('base64')
      .slice(4, -4),
  );
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...base64];
}

describe('secrets', function () {
  this.timeout(180_000);
  let pipeline: TestPipeline;
  let workers: WorkerProcess[];
  /** What was said, by where. */
  const said = new Map<string, string>();
  let secrets: string[];

  before(async function () {
    await ensureBuild(() => undefined);
    pipeline = await startPipeline(this);
    const { secretAccessKey } = await pipeline.minio.settings.credentials();
    secrets = [secretAccessKey, pipeline.minio.root.secretAccessKey, 'tok-MARKED-3141592653'];
    const environment = {
      ...pipeline.serverEnvironment,
      STREAMSAGE_LOG_LEVEL: 'trace',
      STREAMSAGE_DEBUG: '1',
    };
    workers = (['data-worker', 'train-worker'] as const).map((name) => startWorkerProcess(name, environment));
    await Promise.all(workers.map((worker) => worker.entry(polls)));
  });
  after(async () => {
    for (const worker of workers) await worker.stop();
    await pipeline.stop();
  });

  const streamsage = async (words: string[], environment: NodeJS.ProcessEnv = {}) => {
    const { stdout, stderr, code } = await pipeline.streamsage(words, {
      STREAMSAGE_DEBUG: '1',
      ...environment,
    }).finished;
    said.set(`output of streamsage ${words.join(' ').replace(/\?.*/, '')}`, stdout + stderr);
    return code;
  };

  /** Runs that end in every way, and commands that succeed and fail. */
  async function doEverything(): Promise<string[]> {
    const { client } = pipeline.environment;
    const bad = new TextEncoder().encode(`${new TextDecoder().decode(fewRatings())}\n1\t2\t9\t874965758\n`);
    const start = async (run: string, text: Uint8Array, more: Partial<TrainInput> = {}) => {
      const ratings = await putFreshContent(pipeline.store, text, 'text/plain');
      const input = { source: { kind: 'uploaded', name: 'few.txt', ratings }, parameters, ...more };
      return client.workflow.start(workflowType, { workflowId: run, taskQueue: dataQueue, args: [input] });
    };
    await (await start('done', fewRatings())).result();
    await (await start('failed', bad)).result().catch(() => undefined);
    const blocked = await start('blocked', bad, { onFailure: 'block' });
    while (!(await blocked.query<RunProgress>(progressQuery)).blocked);
    assert.equal(await streamsage(['runs', 'show', 'blocked', '--json']), 0);
    assert.equal(await streamsage(['runs', 'repair', 'blocked', '--set', 'maxBadRows=1', '--json']), 0);
    const cancelled = await start('cancelled', fewRatings(), {
      parameters: { ...parameters, epochs: 10_000 },
    });
    while (!(await cancelled.query<RunProgress>(progressQuery)).plan);
    assert.equal(await streamsage(['runs', 'cancel', 'cancelled']), 0);
    assert.equal(await streamsage(['runs', 'show', 'done', '--lineage', '--json']), 0);
    assert.equal(await streamsage(['artifacts', 'list', 'done', '--json']), 0);
    assert.equal(
      await streamsage(['train', '--source', `https://example.org/u.data?token=${secrets[2]}`]),
      2,
    );
    assert.equal(await streamsage(['runs', 'show', 'nobody']), 1);
    assert.equal(
      await streamsage(['artifacts', 'list', 'done'], { AWS_SECRET_ACCESS_KEY: secrets[1]! }),
      3,
      "the pipeline's user has another secret",
    );
    return ['done', 'failed', 'blocked', 'cancelled'];
  }

  it('stand in no history, log, object, output or error', async () => {
    const { client } = pipeline.environment;
    for (const run of await doEverything()) {
      const handle = client.workflow.getHandle(run);
      said.set(`history of ${run}`, historyToJSON(await handle.fetchHistory()));
      said.set(`description of ${run}`, JSON.stringify(await handle.describe()));
    }
    for (const worker of workers) said.set(`log of ${worker.pid}`, worker.text());
    for (const { key } of await pipeline.store.list('')) {
      said.set(`object ${key}`, Buffer.from((await pipeline.store.get(key)) ?? []).toString('latin1'));
    }
    assert.ok(said.size > 60, `${said.size} texts`);
    assert.ok([...said.values()].every((text) => text !== ''));
    const found = [...said].flatMap(([where, text]) =>
      secrets.flatMap((secret) => (formsOf(secret).some((form) => text.includes(form)) ? [where] : [])),
    );
    assert.deepEqual(found, []);
  });

  it('would be found there', () => {
    for (const secret of secrets) {
      for (const text of [secret, `a${secret}b`]) {
        const encodings = [
          text,
          Buffer.from(text).toString('base64'),
          Buffer.from(`{"k":"${text}"}`).toString('base64'),
        ];
        for (const encoded of encodings) assert.ok(formsOf(secret).some((form) => encoded.includes(form)));
      }
    }
  });
});
