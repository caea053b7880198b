import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';
import { answers } from '../../cli/answers.js';
import { listVersions, makeCurrent } from '../../adapters/worker-deployment.js';
import { ensureBuild } from '../../infra/build.js';
import { putFreshContent } from '../../artifacts/content.js';
import { OutOfMemoryError } from '../../predictor/errors.js';
import {
  dataQueue,
  progressQuery,
  repairUpdate,
  type RunProgress,
  type TrainInput,
  type TrainResult,
  trainQueues,
  workflowType,
} from '../../workflows/contract.js';
import { versioned } from '../../workers/worker-options.js';
import { startPipeline, type TestPipeline } from '../support/pipeline.js';
import { fewRatings } from '../support/training-job.js';
import {
  type Activities,
  recordingActivities,
  startWorkflowRuns,
  type WorkflowRuns,
} from '../support/workflow-runs.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const soon = () => new Promise((resolve) => setTimeout(resolve, 100));

/** Tries again what the server does not know yet: that a worker polls. */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let left = 100; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left === 0) throw error;
      await soon();
    }
  }
}

describe('two versions of the workers at once', function () {
  this.timeout(120_000);

  describe('whose workflows do other things', () => {
    let runs: WorkflowRuns;
    let other: WorkflowBundle;
    before(async () => {
      runs = await startWorkflowRuns();
      const workflowsPath = fileURLToPath(new URL('../workflows/changed-order.ts', import.meta.url));
      other = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    });
    after(() => runs.environment.teardown());

    /** Workers of one version; only small batches fit into their memory. */
    async function startVersion(buildId: string, workflowBundle: WorkflowBundle) {
      const activities: Activities = recordingActivities([]);
      const { train: trainSmall } = activities;
      activities.train = (request) => {
        if (request.parameters.batchSize > 16) throw new OutOfMemoryError('too large');
        return trainSmall(request);
      };
      const { train, planTraining, ...data } = activities;
      const { nativeConnection: connection } = runs.environment;
      const options = { connection, ...versioned({ deploymentName: 'streamsage', buildId }) };
      const workers = await Promise.all([
        Worker.create({ ...options, taskQueue: dataQueue, workflowBundle, activities: data }),
        Worker.create({ ...options, taskQueue: trainQueues.cpu, activities: { train, planTraining } }),
      ]);
      const running = Promise.all(workers.map((worker) => worker.run()));
      return async () => {
        for (const worker of workers) worker.shutdown();
        await running;
      };
    }

    it('each end the runs that began on them', async () => {
      const { client } = runs.environment;
      const use = (buildId: string) =>
        patiently(() => makeCurrent(client, { deploymentName: 'streamsage', buildId }));
      const start = (run: string, input: Partial<TrainInput> = {}) =>
        client.workflow.start(workflowType, {
          ...{ workflowId: run, taskQueue: dataQueue },
          args: [{ source: { kind: 'synthetic' }, onFailure: 'block', ...input }],
        });
      const timers = async (run: string) => {
        const { events } = await client.workflow.getHandle(run).fetchHistory();
        const names = events!.map((event) => Object.keys(event).find((key) => key.endsWith('Attributes')));
        return (
          names.indexOf('timerStartedEventAttributes') < names.indexOf('activityTaskScheduledEventAttributes')
        );
      };
      const stopFirst = await startVersion('first', runs.workflowBundle);
      await use('first');
      const begun = await start('begun-on-first');
      while (!(await begun.query<RunProgress>(progressQuery)).blocked) await soon();
      const stopSecond = await startVersion('second', other);
      await use('second');
      assert.deepEqual(
        (await listVersions(client, 'streamsage')).map(({ buildId, status }) => [buildId, status]).sort(),
        [
          ['first', 'draining'],
          ['second', 'current'],
        ],
      );
      const small = { parameters: { batchSize: 8 } };
      const later = await start('begun-on-second', small);
      assert.equal(((await later.result()) as TrainResult).status, 'completed');
      await begun.executeUpdate(repairUpdate, { args: [{ set: { batchSize: 8 } }] });
      assert.equal(((await begun.result()) as TrainResult).status, 'completed');
      // What the other version does first shows which one a run has gone through.
      assert.deepEqual([await timers('begun-on-first'), await timers('begun-on-second')], [false, true]);
      await stopFirst();
      await stopSecond();
    });
  });

  describe('as processes', () => {
    let pipeline: TestPipeline;
    const children: ChildProcess[] = [];
    before(async function () {
      await ensureBuild(() => undefined);
      pipeline = await startPipeline(this);
    });
    after(async () => {
      for (const child of children) child.kill('SIGKILL');
      await pipeline.stop();
    });

    const startVersion = (buildId: string) => {
      for (const name of ['data-worker', 'train-worker']) {
        const child = spawn(process.execPath, [join(root, `dist/workers/${name}.js`)], {
          env: { ...pipeline.serverEnvironment, STREAMSAGE_BUILD_ID: buildId },
          stdio: 'ignore',
        });
        children.push(child);
      }
    };
    const streamsage = (...words: string[]) => pipeline.streamsage(words).finished;

    it('take up runs once they are made current, and say so', async () => {
      const unknown = await streamsage('deployment', 'list');
      assert.equal(unknown.code, 1);
      assert.match(unknown.stderr, /Expected workers of deployment `streamsage`, got none that ever polled/);
      startVersion('2026-11-25.1');
      await patiently(async () => {
        const used = await streamsage('deployment', 'use', '2026-11-25.1', '--json');
        assert.equal(used.code, 0, used.stderr);
        answers['deployment use'].parse(JSON.parse(used.stdout));
      });
      const ratings = await putFreshContent(pipeline.store, fewRatings(), 'text/plain');
      const input: TrainInput = {
        source: { kind: 'uploaded', name: 'few.txt', ratings },
        parameters: { epochs: 1, lstmUnits: 8, denseUnits: 4 },
      };
      const { client } = pipeline.environment;
      const handle = await client.workflow.start(workflowType, {
        ...{ workflowId: 'versioned', taskQueue: dataQueue, args: [input] },
      });
      assert.equal(((await handle.result()) as TrainResult).status, 'completed');
      const { events } = await handle.fetchHistory();
      const versions = events!.flatMap(({ workflowTaskCompletedEventAttributes: completed }) =>
        completed?.deploymentVersion?.buildId ? [completed.deploymentVersion.buildId] : [],
      );
      assert.deepEqual(new Set(versions), new Set(['2026-11-25.1']));
      const missing = await streamsage('deployment', 'use', 'nobody');
      assert.equal(missing.code, 1);
      assert.match(missing.stderr, /Expected workers with STREAMSAGE_BUILD_ID=nobody/);
      const { stdout } = await streamsage('deployment', 'list', '--json');
      answers['deployment list'].parse(JSON.parse(stdout));
      const { versions: known } = JSON.parse(stdout) as { versions: { buildId: string; status: string }[] };
      assert.deepEqual(
        known.map(({ buildId, status }) => [buildId, status]),
        [['2026-11-25.1', 'current']],
      );
    });
  });
});
