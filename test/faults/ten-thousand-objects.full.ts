import assert from 'node:assert/strict';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';
import { collectGarbage } from '../../artifacts/collect.js';
import { contentState, putContent } from '../../artifacts/content.js';
import { inParallel } from '../../artifacts/in-parallel.js';
import { publishRun } from '../../artifacts/runs.js';
import { stageKey, writeStageRecord } from '../../artifacts/stage-record.js';
import { manifestOf } from '../support/manifest.js';

import { startS3Server, type S3Server } from '../support/s3-server.js';

const nobody = { openRuns: new Set<string>(), content: new Set<string>(), runs: new Set<string>() };

describe('a store of ten thousand objects, on a real S3 server', function () {
  this.timeout(900_000);
  let minio: S3Server;
  before(async function () {
    minio = await startS3Server(this);
  });
  after(() => minio.stop());

  it('is collected in minutes at most, in little memory', async () => {
    const store = createS3ObjectStore(minio.settings);
    const numbers = Array.from({ length: 4000 }, (_, index) => index);
    // 4,000 objects, as many records that name them, 400 runs of five objects.
    await inParallel(numbers, 32, async (index) => {
      const output = await putContent(store, new TextEncoder().encode(`content ${index}`), 'x/y');
      const identity = { stage: 'train', version: 1, parameters: { index }, inputs: {} };
      const record = {
        ...identity,
        key: stageKey(identity),
        outputs: { output },
        facts: {},
        run: 'r',
        createdAt: '',
      };
      await writeStageRecord(store, record);
    });
    await inParallel(numbers.slice(0, 400), 16, async (index) => {
      const files = Object.fromEntries(['a', 'b'].map((name) => [name, `${name} of ${index}`]));
      await publishRun(store, await manifestOf(store, `run-${index}`, files));
    });
    const before = (await store.list('')).length;
    assert.ok(before >= 10_000, String(before));
    globalThis.gc?.();
    const heap = process.memoryUsage().rss;
    let peak = heap;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
    const timed = async (openRuns: readonly string[]) => {
      const started = performance.now();
      const outside = () => Promise.resolve({ ...nobody, openRuns: new Set(openRuns) });
      const { removals } = await collectGarbage(store, outside, { graceMs: 0 });
      return { removed: removals.length, seconds: (performance.now() - started) / 1000 };
    };
    const beside = await timed(['open']);
    const alone = await timed([]);
    clearInterval(watch);
    const megabytes = (peak - heap) / 1e6;
    console.log(
      `      ${before} objects; beside an open run ${beside.seconds.toFixed(1)} s, ${beside.removed} removed; ` +
        `alone ${alone.seconds.toFixed(1)} s, ${alone.removed} removed; ${megabytes.toFixed(0)} MB more`,
    );
    assert.deepEqual([beside.removed, alone.removed], [0, 8000]);
    assert.ok(alone.seconds < 300, String(alone.seconds));
    assert.ok(megabytes < 200, String(megabytes));
  });

  it('is trusted after hashing, which takes less than the stage would', async () => {
    const store = createS3ObjectStore(minio.settings);
    const bytes = new Uint8Array(10_000_000).map((_, index) => index * 31);
    const reference = await putContent(store, bytes, 'x/y');
    const times: number[] = [];
    for (let repetition = 0; repetition < 9; repetition++) {
      const started = performance.now();
      assert.equal(await contentState(store, reference), 'intact');
      times.push(performance.now() - started);
    }
    const [median] = times.sort((a, b) => a - b).slice(4);
    console.log(`      10 MB fetched and hashed in ${median!.toFixed(0)} ms`);
    assert.ok(median! < 5000, String(median));
  });
});
