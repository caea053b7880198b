import assert from 'node:assert/strict';
import { putFreshContent } from '../../artifacts/content.js';
import { readManifest } from '../../artifacts/runs.js';
import { type CompletedRun, dataQueue, type TrainInput, workflowType } from '../../workflows/contract.js';
import { startPipeline, type TestPipeline } from '../support/pipeline.js';
import { fewRatings } from '../support/training-job.js';

const parameters = { epochs: 2, lstmUnits: 8, denseUnits: 4 };
/** Two rows that no parser takes. */
const bad = '1\t2\t9\t874965758\n1\ttwo\t3\t874965758\n';

describe('streamsage runs repair, on real servers', function () {
  this.timeout(120_000);
  let pipeline: TestPipeline;
  before(async function () {
    pipeline = await startPipeline(this);
  });
  after(() => pipeline.stop());

  const start = async (run: string, more: Partial<TrainInput> = {}) => {
    const text = new TextDecoder().decode(fewRatings()) + '\n' + bad;
    const ratings = await putFreshContent(pipeline.store, new TextEncoder().encode(text), 'text/plain');
    const input: TrainInput = {
      source: { kind: 'uploaded', name: 'few.txt', ratings },
      parameters,
      onFailure: 'block',
      ...more,
    };
    const { workflow } = pipeline.environment.client;
    return workflow.start(workflowType, { workflowId: run, taskQueue: dataQueue, args: [input] });
  };
  const checksums = ({ artifacts }: Pick<CompletedRun, 'artifacts'>) =>
    Object.fromEntries(
      artifacts
        .filter(({ name }) => !/model_card|report/.test(name))
        .map(({ name, sha256 }) => [name, sha256]),
    );
  const streamsage = (...words: string[]) => pipeline.streamsage(words).finished;

  it('mends a blocked run in place, to the model of a run that was right from the start', () =>
    pipeline.withWorkers(async () => {
      const right = await start('right', { parameters: { ...parameters, maxBadRows: 5 } });
      const expected = (await right.result()) as CompletedRun;
      await start('blocked');
      const watched = await streamsage('runs', 'watch', 'blocked');
      assert.equal(watched.code, 1);
      assert.match(
        watched.stderr,
        /^streamsage: Run blocked is blocked in preprocess: .*rating.* \[InvalidDataError\]\. Once that is mended: .*runs repair blocked\. To end it: .*runs cancel blocked$/m,
      );
      const shown = JSON.parse((await streamsage('runs', 'show', 'blocked', '--json')).stdout) as {
        status: string;
        blocked: { stage: string; class: string };
      };
      assert.deepEqual(
        [shown.status, shown.blocked.stage, shown.blocked.class],
        ['blocked', 'preprocess', 'data'],
      );
      const notEnough = await streamsage('runs', 'repair', 'blocked', '--set', 'max-bad-rows=1');
      assert.equal(notEnough.code, 1);
      assert.match(notEnough.stderr, /Run blocked tries preprocess again[^]*is blocked in preprocess/);
      const mended = await streamsage('runs', 'repair', 'blocked', '--set', 'maxBadRows=5', '--json');
      assert.equal(mended.code, 0, mended.stderr);
      const result = JSON.parse(mended.stdout) as CompletedRun;
      assert.deepEqual(checksums(result), checksums(expected));
      assert.deepEqual(
        result.repairs?.map(({ stage, set }) => [stage, set]),
        [
          ['preprocess', { maxBadRows: 1 }],
          ['preprocess', { maxBadRows: 5 }],
        ],
      );
      assert.equal((await readManifest(pipeline.store, 'blocked')).parameters.maxBadRows, 5);
      assert.match(
        (await streamsage('runs', 'show', 'blocked')).stdout,
        /Repaired in preprocess at .* maxBadRows=5$/m,
      );
      const again = await streamsage('runs', 'repair', 'blocked');
      assert.deepEqual([again.code, again.stdout], [2, '']);
      assert.match(again.stderr, /Expected a run that is blocked or has failed, got blocked, which is done/);
    }));

  it('does a run that has failed again, under a name of its own', () =>
    pipeline.withWorkers(async () => {
      const failed = await start('failed-20261124-101530-9f3c', { onFailure: 'fail' });
      await failed.result().catch(() => undefined);
      const { code, stdout, stderr } = await streamsage(
        ...['runs', 'repair', 'failed-20261124-101530-9f3c', '--set', 'maxBadRows=5', '--json'],
      );
      assert.equal(code, 0, stderr);
      const { run, startedBy } = JSON.parse(stdout) as CompletedRun;
      assert.match(run, /^failed-\d{8}-\d{6}-[0-9a-f]{4}$/);
      assert.notEqual(run, 'failed-20261124-101530-9f3c');
      assert.equal(startedBy, 'repair');
    }));

  it('of a run that was cancelled keeps what was set before', () =>
    pipeline.withWorkers(async () => {
      await start('kept-20261124-101530-9f3c');
      const repair = (...set: string[]) =>
        streamsage('runs', 'repair', 'kept-20261124-101530-9f3c', ...set.flatMap((each) => ['--set', each]));
      assert.match((await repair('maxBadRows=1', 'batchSize=16')).stderr, /is blocked in preprocess/);
      assert.equal((await streamsage('runs', 'cancel', 'kept-20261124-101530-9f3c')).code, 0);
      const { code, stderr } = await repair('maxBadRows=5');
      assert.equal(code, 0, stderr);
      const [, run] = /run (\S+) does it again/.exec(stderr)!;
      const { parameters: used } = await readManifest(pipeline.store, run!);
      assert.deepEqual([used.maxBadRows, used.batchSize, used.epochs], [5, 16, parameters.epochs]);
    }));

  it('refuses what cannot be, and leaves the run as it is', () =>
    pipeline.withWorkers(async () => {
      const handle = await start('stays');
      assert.equal((await streamsage('runs', 'watch', 'stays')).code, 1);
      for (const [set, message] of [
        ['epochs', /Expected `--set` to be NAME=VALUE with NAME one of .*, got `epochs`/],
        ['epoch=3', /got `epoch=3`/],
        ['epochs=many', /Expected `epochs` to be a whole number.* got `many`/],
        ['fastMath=1', /Expected `fastMath` to be true or false, got `1`/],
      ] as const) {
        const { code, stderr } = await streamsage('runs', 'repair', 'stays', '--set', set);
        assert.equal(code, 2, stderr);
        assert.match(stderr, message);
      }
      assert.equal((await streamsage('runs', 'cancel', 'stays')).code, 0);
      await assert.rejects(handle.result());
    }));

  it('says which worker is missing', async () => {
    await start('alone');
    const { code, stderr } = await streamsage('runs', 'repair', 'alone');
    assert.equal(code, 1);
    assert.match(stderr, /Run alone did not take up the repair: no worker polls `streamsage-data`/);
  });
});
