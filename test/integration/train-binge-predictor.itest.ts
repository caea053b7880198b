import assert from 'node:assert/strict';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { startAttributes } from '../../cli/start-attributes.js';
import { startDescription } from '../../cli/start-description.js';
import { StoreUnreachableError } from '../../adapters/errors.js';
import { InvalidDataError } from '../../predictor/errors.js';
import {
  dataQueue,
  epochEndedSignal,
  progressQuery,
  type RunProgress,
  type TrainInput,
  type TrainResult,
  trainingBegunSignal,
  workflowType,
} from '../../workflows/contract.js';
import { runQuery } from '../../cli/run-query.js';
import { runRows } from '../../cli/run-rows.js';
import { searchAttributes } from '../../workflows/search-attributes.js';
import {
  type Activities,
  type Call,
  failureOf,
  plan,
  recordingActivities,
  startWorkflowRuns,
  type WorkflowRuns,
} from '../support/workflow-runs.js';

type Asked = Readonly<Record<string, unknown>>;

describe('workflow trainBingePredictor on a real Temporal server', function () {
  this.timeout(60_000);
  let environment: TestWorkflowEnvironment;
  let runs: WorkflowRuns;
  let run: WorkflowRuns['run'];
  let working: WorkflowRuns['working'];
  let sequence = 0;

  before(async () => {
    runs = await startWorkflowRuns();
    ({ environment, run, working } = runs);
  });

  after(async () => {
    await environment.teardown();
  });

  it('runs the six stages in order, handing references from one to the next', async () => {
    const calls: Call[] = [];
    const result = await run(recordingActivities(calls), { source: { kind: 'synthetic' } });
    assert.deepEqual(
      calls.map(({ stage }) => stage),
      ['download', 'preprocess', 'window', 'train', 'evaluate', 'publish'],
    );
    assert.deepEqual(Object.keys(calls[4]!.request['inputs'] as object).sort(), [
      'ratingsTable',
      'weights',
      'windowTable',
    ]);
    assert.equal(result.synthetic, true);
    assert.ok(result.status === 'completed');
    assert.deepEqual(result.metrics, { test: { accuracy: 0.5 } });
    assert.deepEqual([result.startedBy, result.schedule], ['hand', undefined]);
    assert.ok(result.stages.every(({ state }) => state === 'done'));
  });

  it('trains with what was planned', async () => {
    const calls: Call[] = [];
    await run(recordingActivities(calls), { source: { kind: 'synthetic' } });
    assert.deepEqual(calls.find(({ stage }) => stage === 'train')?.request['plan'], plan);
  });

  it('refreshes the named stage and those after it, and no other', async () => {
    const calls: Call[] = [];
    await run(recordingActivities(calls), { source: { kind: 'synthetic' }, refresh: 'window' });
    assert.deepEqual(
      calls.map(({ stage, request }) => [stage, request['refresh']]),
      [
        ['download', false],
        ['preprocess', false],
        ['window', true],
        ['train', true],
        ['evaluate', true],
        ['publish', true],
      ],
    );
  });

  it('answers the progress query with the epochs that training has reported', async () => {
    const epoch = { epoch: 1, loss: 0.1, accuracy: 0.9, valLoss: 0.2, valAccuracy: 0.8 };
    const answers: RunProgress[] = [];
    const client = environment.client;
    const activities = recordingActivities([]);
    const { train } = activities;
    activities.train = async (request) => {
      const handle = client.workflow.getHandle(request.run);
      await handle.signal(epochEndedSignal, epoch);
      answers.push(await handle.query<RunProgress>(progressQuery));
      return train(request);
    };
    await run(activities, { source: { kind: 'synthetic' }, parameters: { epochs: 3 } });
    const [answer] = answers;
    assert.deepEqual(answer?.epochs, [epoch]);
    assert.equal(answer.totalEpochs, 3);
    assert.equal(answer.stages.find(({ stage }) => stage === 'train')?.state, 'running');
  });

  it('tries again what a retry can help', async () => {
    let attempts = 0;
    const activities = recordingActivities([]);
    const { preprocess } = activities;
    activities.preprocess = (request) => {
      attempts += 1;
      if (attempts < 3) throw new StoreUnreachableError('no answer');
      return preprocess(request);
    };
    await run(activities, { source: { kind: 'synthetic' } });
    assert.equal(attempts, 3);
  });

  it('fails at once on what a retry cannot help', async () => {
    let attempts = 0;
    const activities = recordingActivities([]);
    activities.preprocess = () => {
      attempts += 1;
      throw new InvalidDataError('line 7: rating 9');
    };
    const failure = await failureOf(run(activities, { source: { kind: 'synthetic' } }));
    assert.deepEqual(failure, { type: 'InvalidDataError', message: 'line 7: rating 9' });
    assert.equal(attempts, 1);
  });

  it('refuses a wrong parameter before any stage runs', async () => {
    const calls: Call[] = [];
    const input: TrainInput = { source: { kind: 'synthetic' }, parameters: { epochs: 0 } };
    const failure = await failureOf(run(recordingActivities(calls), input));
    assert.equal(failure.type, 'InvalidParameterError');
    assert.match(failure.message, /`epochs` to be a whole number from 1 to 10000, got `0`/);
    assert.deepEqual(calls, []);
  });

  it('ends within seconds when it is cancelled in the middle of training', async () => {
    const { client } = environment;
    const activities = recordingActivities([]);
    const { Context } = await import('@temporalio/activity');
    activities.train = async () => {
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), 100);
      return context.cancelled.finally(() => clearInterval(beat));
    };
    const started = Date.now();
    const failure = await failureOf(
      run(activities, { source: { kind: 'synthetic' } }, async (workflowId) => {
        const handle = client.workflow.getHandle(workflowId);
        const training = async () =>
          (await handle.describe()).raw.pendingActivities?.[0]?.activityType?.name === 'train';
        while (!(await training())) await new Promise((resolve) => setTimeout(resolve, 50));
        await handle.cancel();
      }),
    );
    assert.equal(failure.type, 'CancelledFailure');
    assert.ok(Date.now() - started < 10_000);
  });

  describe('that has nothing to do', () => {
    const source = { kind: 'synthetic' } as const;
    const findUnchanged = () => Promise.resolve({ sameAs: 'run-0' });

    it('ends after the download, where it is told to, and says what it equals', async () => {
      const calls: Call[] = [];
      const asked: unknown[] = [];
      const activities = recordingActivities(calls, {
        findUnchanged: (request) => {
          asked.push(request.ratings, request.parameters.epochs);
          return findUnchanged();
        },
      });
      const result = await run(activities, { source, parameters: { epochs: 3 }, onUnchanged: 'skip' });
      assert.deepEqual(asked, [{ key: 'ratings', sha256: 'download', bytes: 1 }, 3]);
      assert.deepEqual(
        calls.map(({ stage }) => stage),
        ['download'],
      );
      assert.ok(result.status === 'unchanged');
      assert.equal(result.sameAs, 'run-0');
      assert.deepEqual(
        result.stages.map(({ state }) => state),
        ['done', 'skipped', 'skipped', 'skipped', 'skipped', 'skipped'],
      );
    });

    it('trains all the same where it is not told to', async () => {
      const result = await run(recordingActivities([], { findUnchanged }), { source });
      assert.equal(result.status, 'completed');
    });

    it('trains where something has changed', async () => {
      const result = await run(recordingActivities([]), { source, onUnchanged: 'skip' });
      assert.equal(result.status, 'completed');
    });
  });

  describe('that a schedule started', () => {
    const scheduled = async (activities: Partial<Activities>, more: Partial<TrainInput> = {}) => {
      const calls: Call[] = [];
      const name = `schedule-${++sequence}`;
      const input: TrainInput = {
        source: { kind: 'synthetic' },
        scheduledSince: '2026-01-01T00:00:00Z',
        ...more,
      };
      const { client } = environment;
      let run = '';
      const handle = await client.schedule.create({
        scheduleId: name,
        spec: { intervals: [{ every: '1000h' }] },
        action: {
          ...{ type: 'startWorkflow', workflowType, workflowId: name, taskQueue: dataQueue, args: [input] },
          typedSearchAttributes: startAttributes(input, 'schedule'),
        },
      });
      await handle.trigger();
      while (run === '')
        run = (await handle.describe()).info.recentActions[0]?.action.workflow.workflowId ?? '';
      await handle.delete();
      const ended: unknown = await working(recordingActivities(calls, activities), () =>
        client.workflow
          .getHandle(run)
          .result()
          .catch((error: unknown) => error),
      );
      const { typedSearchAttributes } = await client.workflow.getHandle(run).describe();
      return { name, run, ended, calls, by: typedSearchAttributes.get(searchAttributes.startedBy) };
    };

    it('asks what started it, and says so wherever it can be seen', async () => {
      const requests: Asked[] = [];
      const { name, run, ended, calls, by } = await scheduled({
        startOf: (request) => {
          requests.push({ ...request });
          return Promise.resolve({ startedBy: 'backfill', isPublished: false });
        },
      });
      const result = ended as TrainResult;
      const time = /\d{4}-.*Z$/.exec(run)![0];
      const { startedAt, ...request } = requests[0]!;
      assert.deepEqual(request, { run, schedule: { name, time }, since: '2026-01-01T00:00:00Z' });
      assert.ok(Math.abs(Date.parse(String(startedAt)) - Date.now()) < 60_000);
      assert.deepEqual([result.startedBy, result.schedule, by], ['backfill', { name, time }, 'backfill']);
      const { startedBy, schedule } = calls.find(({ stage }) => stage === 'publish')!.request;
      assert.deepEqual([startedBy, schedule], ['backfill', { name, time }]);
    });

    it('takes the place of no run of its name', async () => {
      const startOf = () => Promise.resolve({ startedBy: 'backfill', isPublished: true } as const);
      const { ended, calls, run } = await scheduled({ startOf });
      assert.ok(ended instanceof WorkflowFailedError && ended.cause instanceof ApplicationFailure);
      assert.equal(ended.cause.type, 'RunExistsError');
      assert.ok(ended.cause.message.includes(run));
      assert.deepEqual(
        calls.map(({ stage }) => stage),
        ['download'],
      );
    });
  });

  it('is listed by filters that no value can leave', async () => {
    const names = ["it's", 'a\\', "\\' OR WorkflowType != '", '"quoted"', 'x%_', '`'];
    const { client } = environment;
    for (const [i, name] of names.entries()) {
      const ratings = { key: 'k', sha256: 's', bytes: 1 };
      const input: TrainInput = { source: { kind: 'uploaded', name, ratings } };
      await client.workflow.start(workflowType, {
        ...{ workflowId: `named-${i}`, taskQueue: 'nobody', args: [input] },
        typedSearchAttributes: startAttributes(input, 'repair'),
      });
    }
    const listed = async (filters: Parameters<typeof runQuery>[0]) =>
      (await runRows(client, runQuery(filters), 100)).map(({ run }) => run);
    while ((await listed({ startedBy: 'repair' })).length < names.length);
    for (const [i, dataset] of names.entries()) {
      // A server on SQLite escapes these two as MySQL would, and finds none: no other, either.
      const found = /[\\"]/.test(dataset) ? [] : [`named-${i}`];
      assert.deepEqual(await listed({ dataset }), found, dataset);
      assert.deepEqual(await listed({ dataset, outcome: 'failed' }), [], dataset);
      assert.deepEqual(await listed({ recipe: dataset }), [], dataset);
    }
    assert.deepEqual(await listed({ dataset: "x' OR WorkflowType = 'trainBingePredictor" }), []);
    assert.equal(
      (await listed({ startedBy: 'repair', outcome: 'running', recipe: 'notebook' })).length,
      names.length,
    );
    for (const i of names.keys()) await client.workflow.getHandle(`named-${i}`).terminate();
  });

  const currentDetails = (workflowId: string) => runs.currentDetails(workflowId);

  /** What a run shows at its end, while its workers are there to answer. */
  async function lastDetails(activities: Activities, input: TrainInput): Promise<string> {
    let text = '';
    await run(activities, input, async (workflowId) => {
      await environment.client.workflow
        .getHandle(workflowId)
        .result()
        .catch(() => undefined);
      text = await currentDetails(workflowId);
    }).catch(() => undefined);
    return text;
  }

  describe('shows in the web UI', () => {
    it('where it is, which attempt trains and from where it went on, and what it ended with', async () => {
      const activities = recordingActivities([]);
      const { train } = activities;
      let meanwhile = '';
      activities.train = async (request) => {
        const handle = environment.client.workflow.getHandle(request.run);
        await handle.signal(trainingBegunSignal, { attempt: 2, toldEvery: 1, from: 'epoch 3' });
        await handle.signal(epochEndedSignal, {
          ...{ epoch: 4, loss: 0.1, accuracy: 0.9, valLoss: 0.2, valAccuracy: 0.8 },
        });
        meanwhile = await currentDetails(request.run);
        return train(request);
      };
      const download: Activities['download'] = async (request) => ({
        ...(await recordingActivities([]).download(request)),
        result: 'hit',
        reason: 'same inputs as an-earlier-run',
      });
      const last = await lastDetails({ ...activities, download }, { source: { kind: 'synthetic' } });
      assert.match(meanwhile, /^### Training: epoch 5 of 10/);
      assert.match(meanwhile, /Attempt 2 went on from epoch 3\./);
      assert.match(meanwhile, /from the store\n {4}same inputs as an-earlier-run$/m);
      assert.match(last, /^### Done/);
    });

    it('why it failed, and the command that starts it again', async () => {
      const preprocess = () => Promise.reject(new InvalidDataError('line 7: rating 9'));
      const input: TrainInput = { source: { kind: 'synthetic' }, parameters: { seed: 7 } };
      const text = await lastDetails(recordingActivities([], { preprocess }), input);
      assert.match(text, /^### Failed in preprocess: `InvalidDataError`/);
      assert.match(text, /^line 7: rating 9$/m);
      assert.match(text, /^npx --no-install streamsage train --source synthetic --seed 7$/m);
    });

    it('why it was refused', async () => {
      const input: TrainInput = { source: { kind: 'synthetic' }, parameters: { epochs: 0 } };
      assert.match(
        await lastDetails(recordingActivities([]), input),
        /^### Refused: `InvalidParameterError`/,
      );
    });

    it('what each activity is about, whatever a file is called', async () => {
      const name = `${'\u0000\u{1f3ac}'.repeat(200)}.zip`;
      const ratings = { key: 'k', sha256: 's', bytes: 1_979_173 };
      const input: TrainInput = { source: { kind: 'uploaded', name, ratings } };
      const description = startDescription(input, 'hand');
      await run(recordingActivities([]), input, undefined, description);
      const handle = environment.client.workflow.getHandle(runs.lastRun());
      const { events } = await handle.fetchHistory();
      const summaries = events!
        .filter(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled)
        .map(({ userMetadata }) => new TextDecoder().decode(userMetadata!.summary!.data));
      assert.equal(summaries.length, 8);
      assert.match(summaries[0]!, /^"\u{1f3ac}.*…"$/u);
      assert.equal(summaries[5], '"10 epochs · wasm on the CPU"');
      const { staticSummary } = await handle.describe();
      assert.equal(await staticSummary(), description.staticSummary);
    });
  });

  describe('is found', () => {
    const input: TrainInput = { source: { kind: 'synthetic' }, parameters: { epochs: 3 } };
    const attributes = { typedSearchAttributes: startAttributes(input, 'hand') };
    const found = async () => {
      const { typedSearchAttributes } = await environment.client.workflow
        .getHandle(runs.lastRun())
        .describe();
      return Object.values(searchAttributes).map((key) => typedSearchAttributes.get(key) ?? null);
    };

    it('by dataset, recipe, what started it, outcome and AUC', async () => {
      const recorded = recordingActivities([]);
      const evaluate: Activities['evaluate'] = async (request) => ({
        ...(await recorded.evaluate(request)),
        metrics: { test: { rocAuc: 0.7026 } },
      });
      await run(recordingActivities([], { evaluate }), input, undefined, attributes);
      assert.deepEqual(await found(), ['synthetic', 'notebook, epochs=3', 'completed', 'hand', 0.7026]);
    });

    it('by how it failed, without an AUC', async () => {
      const download = () => Promise.reject(new InvalidDataError('bad'));
      await assert.rejects(run(recordingActivities([], { download }), input, undefined, attributes));
      assert.deepEqual(await found(), ['synthetic', 'notebook, epochs=3', 'failed', 'hand', null]);
    });

    it('as cancelled, and meanwhile as running', async () => {
      const train = async () => {
        await Context.current().cancelled;
        return assert.fail();
      };
      const cancel = async (id: string) => {
        while (
          (await environment.client.workflow.getHandle(id).query<RunProgress>(progressQuery)).plan ===
          undefined
        );
        assert.equal((await found())[2], 'running');
        await environment.client.workflow.getHandle(id).cancel();
      };
      const heartbeating = () => {
        const context = Context.current();
        const ticker = setInterval(() => context.heartbeat(), 50);
        return train().finally(() => clearInterval(ticker));
      };
      await assert.rejects(run(recordingActivities([], { train: heartbeating }), input, cancel, attributes));
      assert.equal((await found())[2], 'cancelled');
    });
  });
});
