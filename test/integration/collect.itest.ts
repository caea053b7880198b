import assert from 'node:assert/strict';
import { askTemporal } from '../../cli/outside-needs.js';
import { collectGarbage, type CollectionRequest } from '../../artifacts/collect.js';
import type { CollectionPlan } from '../../artifacts/collection-plan.js';
import { putContent, putFreshContent } from '../../artifacts/content.js';
import { verifyRun } from '../../artifacts/verify.js';
import { dataQueue, type CompletedRun, workflowType } from '../../workflows/contract.js';
import { startPipeline, type TestPipeline } from '../support/pipeline.js';
import { startS3Proxy } from '../support/s3-proxy.js';

const parameters = { epochs: 2, lstmUnits: 8, denseUnits: 4 };
const collectNow = ['artifacts', 'gc', '--yes', '--grace', '0s', '--json'];

describe('collecting garbage on real servers', function () {
  this.timeout(600_000);
  let pipeline: TestPipeline;
  let expected: Record<string, string>;

  before(async function () {
    pipeline = await startPipeline(this);
    expected = checksums(await pipeline.withWorkers(() => run('undisturbed')));
  });
  after(() => pipeline.stop());

  const checksums = ({ artifacts }: CompletedRun) =>
    Object.fromEntries(artifacts.map(({ name, sha256 }) => [name, sha256]));
  const run = async (name: string, more = {}) =>
    (await pipeline.start(name, { parameters, ...more })).result();
  /** In this process: a command of its own takes long to start where much else runs. */
  const collect = (request: Partial<CollectionRequest> = {}): Promise<CollectionPlan> =>
    collectGarbage(
      pipeline.store,
      () => askTemporal(pipeline.environment.client),
      { graceMs: 0, ...request },
      { leaseMs: 60_000, momentMs: 1000 },
    );
  const stored = async (prefix: string) => (await pipeline.store.list(prefix)).map(({ key }) => key);
  const assertIntact = async (name: string) => {
    const damaged = (await verifyRun(pipeline.store, name)).filter(({ state }) => state !== 'intact');
    assert.deepEqual(damaged, [], name);
  };
  /** Content, and more of it, that nothing names. */
  const litter = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        putContent(pipeline.store, new TextEncoder().encode(`litter ${index}`), 'x/y'),
      ),
    );

  it('goes on beside runs, again and again, and breaks none of them', async () => {
    // Everything that the runs make is there already, as litter: they are tempted to rely on it.
    await pipeline.withWorkers(() => run('adopted'));
    const names = ['adopted', 'undisturbed'];
    for (const name of names) {
      const { code, stderr } = await pipeline.streamsage(['runs', 'delete', name, '--force']).finished;
      assert.equal(code, 0, stderr);
    }
    for (const key of await stored('records/')) await pipeline.store.delete(key);
    // One at a time, each begun when a stage has ended: it meets the next in its midst.
    const beside: Promise<CollectionPlan>[] = [];
    let going = false;
    const afterStage = () => {
      if (!going) {
        going = true;
        beside.push(collect({ keepRuns: 0 }).finally(() => (going = false)));
      }
      return Promise.resolve();
    };
    const results = await pipeline.withWorkers(
      async () => {
        const started = [];
        for (const name of ['a', 'b']) {
          started.push(await pipeline.start(`beside-${name}`, { parameters, refresh: 'all' }));
        }
        return Promise.all(started.map((handle) => handle.result()));
      },
      { afterStage },
    );
    const collections = await Promise.all(beside);
    assert.ok(collections.length >= 2, String(collections.length));
    for (const result of results) {
      assert.deepEqual(checksums(result), expected);
    }
    assert.ok(collections.some(({ openRuns }) => openRuns.length > 0));
    assert.ok(collections.some(({ removals }) => removals.some(({ kind }) => kind === 'content')));
  });

  it('killed at any moment leaves a store that works, and the next one finishes', async () => {
    await pipeline.withWorkers(() => run('kept', { refresh: 'all' }));
    const proxy = await startS3Proxy(pipeline.minio.settings.endpoint);
    try {
      for (const after of [0, 25]) {
        await litter(60);
        const hangs = proxy.holdDelete(after);
        const command = pipeline.streamsage(collectNow, { AWS_ENDPOINT_URL_S3: proxy.endpoint });
        await hangs;
        command.process.kill('SIGKILL');
        assert.equal((await command.finished).stdout, '');
        await assertIntact('kept');
      }
      // Waits until the dead one's lease is over, and no longer.
      assert.deepEqual(checksums(await pipeline.withWorkers(() => run('after'))), expected);
    } finally {
      await proxy.close();
    }
    const { code, stdout, stderr } = await pipeline.streamsage(collectNow).finished;
    assert.equal(code, 0, stderr);
    assert.ok((JSON.parse(stdout) as CollectionPlan).removals.length > 0);
    assert.deepEqual((await collect()).removals, []);
    for (const name of ['kept', 'after']) await assertIntact(name);
    for (const { key } of await litter(1)) assert.ok(key);
  });

  it('keeps what a schedule needs, until it is gone', async () => {
    const ratings = await putFreshContent(
      pipeline.store,
      new TextEncoder().encode('1\t1\t1\t1\n'),
      'text/plain',
    );
    const { client } = pipeline.environment;
    const schedule = await client.schedule.create({
      scheduleId: 'nightly',
      spec: { intervals: [{ every: '365d' }] },
      action: {
        type: 'startWorkflow',
        workflowType,
        taskQueue: dataQueue,
        args: [{ source: { kind: 'uploaded', name: 'x', ratings }, parameters }],
      },
      state: { paused: true },
    });
    // A server lists schedules a moment after they were made.
    for (let listed = false; !listed;)
      for await (const { scheduleId } of client.schedule.list()) listed ||= scheduleId === 'nightly';
    await collect();
    assert.ok(await pipeline.store.head(ratings.key));
    await schedule.delete();
    await collect();
    assert.equal(await pipeline.store.head(ratings.key), undefined);
  });

  it('lets go of older runs on request, but not of the one that `latest` names', async () => {
    const shown = await pipeline.streamsage(['artifacts', 'gc', '--keep-runs', '0']).finished;
    assert.match(shown.stdout, /Would remove run kept\n[^]*with --yes/);
    assert.notDeepEqual(await stored('runs/kept/'), []);
    const { releasedRuns } = await collect({ keepRuns: 0 });
    assert.ok(releasedRuns.includes('kept') && !releasedRuns.includes('after'), String(releasedRuns));
    assert.deepEqual(await stored('runs/kept/'), []);
    await assertIntact('after');
    const again = await pipeline.withWorkers(() => run('again'));
    assert.deepEqual(checksums(again), expected);
  });

  it('gives way to another one, and refuses numbers that are none', async () => {
    const outcomes = await Promise.allSettled([collect(), collect()]);
    assert.ok(outcomes.some(({ status }) => status === 'fulfilled'));
    const wrong = await pipeline.streamsage(['artifacts', 'gc', '--keep-runs', 'x']).finished;
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /`--keep-runs` to be a whole number from 0, got `x`/);
  });
});
