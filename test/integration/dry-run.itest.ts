import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlannedStage } from '../../cli/plan-run.js';
import { startPipeline, type TestPipeline } from '../support/pipeline.js';
import { fewRatings } from '../support/training-job.js';

const small = ['--lstm-units', '8', '--dense-units', '4'];

describe('streamsage train --dry-run', function () {
  this.timeout(120_000);
  let pipeline: TestPipeline;
  let folder: string;
  let file: string;

  before(async function () {
    pipeline = await startPipeline(this);
    folder = await mkdtemp(join(tmpdir(), 'streamsage-dry-'));
    file = join(folder, 'few.txt');
    await writeFile(file, fewRatings());
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await pipeline.stop();
  });

  const words = (more: readonly string[]) => ['train', '--source', file, ...small, ...more];
  const keys = async () => (await pipeline.store.list('')).map(({ key, modified }) => `${key} ${+modified}`);

  /** Plans, and holds it to its word: no workflow, no object. */
  async function plan(...more: string[]): Promise<readonly PlannedStage[]> {
    const before = await keys();
    // No Temporal there: it is not asked for.
    const { code, stdout, stderr } = await pipeline.streamsage([...words(more), '--dry-run', '--json'], {
      TEMPORAL_ADDRESS: '127.0.0.1:9',
    }).finished;
    assert.equal(code, 0, stderr);
    assert.deepEqual(await keys(), before);
    return (JSON.parse(stdout) as { stages: PlannedStage[] }).stages;
  }

  const results = (stages: readonly PlannedStage[]) =>
    Object.fromEntries(stages.map(({ stage, result }) => [stage, result]));
  const of = (stages: readonly PlannedStage[], name: string) => stages.find(({ stage }) => stage === name)!;

  async function train(...more: string[]) {
    const { code, stdout, stderr } = await pipeline.withWorkers(
      () => pipeline.streamsage([...words(more), '--json']).finished,
    );
    assert.equal(code, 0, stderr);
    const { run, stages } = JSON.parse(stdout) as { run: string; stages: PlannedStage[] };
    return { run, results: results(stages) };
  }

  const all = (result: PlannedStage['result']) =>
    ({
      ...{ download: result, preprocess: result, window: result, train: result, evaluate: result },
      publish: 'miss',
    }) as const;

  it('says before the first run that all of it runs', async () => {
    const stages = await plan('--epochs', '2');
    assert.deepEqual(results(stages), all('miss'));
    assert.match(of(stages, 'preprocess').reason, /remembers no earlier run/);
    assert.match(of(stages, 'train').reason, /holds no result of this stage/);
    assert.ok(stages.every(({ last }) => last === undefined));
  });

  describe('after a run', () => {
    let run: string;
    before(async () => {
      const first = await train('--epochs', '2');
      assert.deepEqual(first.results, all('miss'));
      ({ run } = first);
    });

    it('says that all of it comes from the store, why, and how long it took; and so it does', async () => {
      const stages = await plan('--epochs', '2');
      assert.deepEqual(results(stages), all('hit'));
      for (const { stage, reason, last } of stages) {
        assert.equal(last?.run, run, stage);
        assert.ok(last.seconds > 0 && last.seconds < 60, stage);
        if (stage !== 'publish') assert.match(reason, new RegExp(`same inputs and parameters as run ${run}`));
      }
      assert.deepEqual((await train('--epochs', '2')).results, results(stages));
    });

    it('says so in lines, too', async () => {
      const { code, stdout } = await pipeline.streamsage([...words(['--epochs', '2']), '--dry-run']).finished;
      assert.equal(code, 0);
      assert.match(stdout, /^STAGE +WOULD +LAST TOOK +WHY$/m);
      assert.match(stdout, /^train +from the store +\d+\.\d s +same inputs and parameters as run /m);
      assert.match(stdout, /^Nothing was started, and nothing was written\.$/m);
    });

    it('says with another threshold what runs, and what only shows then', async () => {
      const stages = await plan('--epochs', '2', '--binge-threshold', '3600');
      assert.deepEqual(results(stages), {
        ...{ download: 'hit', preprocess: 'hit', window: 'miss', train: 'unknown', evaluate: 'unknown' },
        publish: 'miss',
      });
      assert.match(of(stages, 'window').reason, /bingeThreshold 7200 → 3600/);
      assert.equal(of(stages, 'train').reason, 'depends on window');
      assert.equal(of(stages, 'evaluate').reason, 'depends on train');
    });

    it('says with more epochs from which checkpoint the training goes on', async () => {
      const stages = await plan('--epochs', '3');
      assert.deepEqual(results(stages), { ...all('hit'), train: 'miss', evaluate: 'unknown' });
      assert.match(of(stages, 'train').reason, /epochs 2 → 3/);
      assert.equal(of(stages, 'train').goesOnFrom, 'epoch 2');
      assert.equal(of(await plan('--epochs', '1'), 'train').goesOnFrom, undefined);
    });

    it('says that a run would end as unchanged', async () => {
      const stages = await plan('--epochs', '2', '--on-unchanged', 'skip');
      assert.deepEqual(results(stages), { ...all('skipped'), download: 'hit', publish: 'skipped' });
      assert.match(of(stages, 'train').reason, /would end as unchanged: it equals run file-few-txt-/);
    });

    it('says what is done again because that was asked for', async () => {
      const stages = await plan('--epochs', '2', '--refresh', 'train');
      assert.deepEqual(results(stages), { ...all('hit'), train: 'miss', evaluate: 'miss' });
      assert.equal(of(stages, 'train').reason, 'asked for: --refresh');
      assert.equal(of(stages, 'train').goesOnFrom, undefined);
    });

    it('says what it cannot know: an address, and an engine that depends on the worker', async () => {
      const fast = await plan('--epochs', '2', '--fast-math');
      assert.deepEqual(results(fast), { ...all('hit'), train: 'unknown', evaluate: 'unknown' });
      assert.match(of(fast, 'train').reason, /^depends on the worker/);
      const bucket = await plan('--epochs', '2', '--source', 's3://streamsage/u.data');
      assert.deepEqual(results(bucket), all('unknown'));
      assert.match(of(bucket, 'download').reason, /what the bucket gives/);
      assert.equal(of(bucket, 'preprocess').reason, 'depends on download');
    });

    it('says that a damaged result is made again', async () => {
      for (const { key } of await pipeline.store.list('objects/')) await pipeline.store.delete(key);
      const stages = await plan('--epochs', '2');
      assert.deepEqual(results(stages), {
        ...{ download: 'miss', preprocess: 'miss', window: 'unknown', train: 'unknown' },
        ...{ evaluate: 'unknown', publish: 'miss' },
      });
      assert.match(of(stages, 'preprocess').reason, /made again: .*`ratingsTable` is missing/);
    });
  });
});
