import assert from 'node:assert/strict';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { ArtifactMissingError } from '../../artifacts/errors.js';
import { runQuery } from '../../cli/run-query.js';
import { runRows } from '../../cli/run-rows.js';
import { startAttributes } from '../../cli/start-attributes.js';
import { InvalidDataError, OutOfMemoryError } from '../../predictor/errors.js';
import {
  progressQuery,
  type RepairAnswer,
  type RepairRequest,
  repairUpdate,
  type RunProgress,
  type TrainInput,
} from '../../workflows/contract.js';
import { searchAttributes } from '../../workflows/search-attributes.js';
import {
  type Activities,
  type Call,
  failureOf,
  recordingActivities,
  startWorkflowRuns,
  type WorkflowRuns,
} from '../support/workflow-runs.js';

const input: TrainInput = { source: { kind: 'synthetic' }, onFailure: 'block' };

describe('a run whose stage fails for good', function () {
  this.timeout(60_000);
  let runs: WorkflowRuns;
  before(async () => {
    runs = await startWorkflowRuns();
  });
  after(() => runs.environment.teardown());

  const handleOf = (run: string) => runs.environment.client.workflow.getHandle(run);
  const progressOf = (run: string) => handleOf(run).query<RunProgress>(progressQuery);
  const repair = (run: string, request: RepairRequest = {}) =>
    handleOf(run).executeUpdate<RepairAnswer, [RepairRequest]>(repairUpdate, { args: [request] });
  const blocked = async (run: string): Promise<RunProgress> => {
    for (;;) {
      const progress = await progressOf(run);
      if (progress.blocked) return progress;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const refusal = async (run: string, request: RepairRequest): Promise<[string, string]> => {
    try {
      await repair(run, request);
    } catch (error) {
      assert.ok(error instanceof WorkflowUpdateFailedError);
      assert.ok(error.cause instanceof ApplicationFailure);
      return [String(error.cause.type), error.cause.message];
    }
    return assert.fail('the repair should have been refused');
  };

  /** Activities whose training fails until the batch is small enough. */
  function tooLarge(calls: Call[], enough = 16): Activities {
    const activities = recordingActivities(calls);
    const { train } = activities;
    activities.train = (request) => {
      if (request.parameters.batchSize <= enough) return train(request);
      calls.push({ stage: 'train', request: { batchSize: request.parameters.batchSize } });
      throw new OutOfMemoryError('Expected room for a batch of 32');
    };
    return activities;
  }

  it('waits, says in which stage and why, and goes on there with what a repair changes', async () => {
    const calls: Call[] = [];
    let meanwhile: RunProgress | undefined;
    let answer: RepairAnswer | undefined;
    let details = '';
    const listed: string[] = [];
    const result = await runs.run(
      tooLarge(calls),
      input,
      async (run) => {
        meanwhile = await blocked(run);
        details = await runs.currentDetails(run);
        for (const row of await runRows(runs.environment.client, runQuery({ outcome: 'blocked' }), 9)) {
          listed.push(`${row.run} ${row.status}`);
        }
        answer = await repair(run, { set: { batchSize: 16 } });
      },
      { typedSearchAttributes: startAttributes(input, 'hand') },
    );
    const run = runs.lastRun();
    const { stage, type, class: failureClass, message, since, until } = meanwhile!.blocked!;
    assert.deepEqual([stage, type, failureClass], ['train', 'OutOfMemoryError', 'resources']);
    assert.equal(message, 'Expected room for a batch of 32');
    assert.equal(until - since, 7 * 24 * 3_600_000);
    assert.deepEqual(
      meanwhile!.stages.map(({ state }) => state),
      ['done', 'done', 'done', 'blocked', 'waiting', 'waiting'],
    );
    assert.match(details, /^### Blocked in train: `OutOfMemoryError`/);
    assert.match(details, new RegExp(`^npx --no-install streamsage runs repair ${run}$`, 'm'));
    assert.match(details, /`--set batchSize=16`/);
    assert.match(details, new RegExp(`^npx --no-install streamsage runs cancel ${run}$`, 'm'));
    assert.deepEqual(listed, [`${run} blocked`]);
    assert.deepEqual(answer, { run, stage: 'train', set: { batchSize: 16 } });
    assert.deepEqual(
      calls.map(({ stage }) => stage),
      ['download', 'preprocess', 'window', 'train', 'train', 'evaluate', 'publish'],
    );
    assert.ok(result.status === 'completed');
    const [mended] = result.repairs!;
    assert.deepEqual(
      [mended?.stage, mended?.failure, mended?.set],
      ['train', 'OutOfMemoryError', { batchSize: 16 }],
    );
    const { typedSearchAttributes } = await handleOf(run).describe();
    assert.equal(typedSearchAttributes.get(searchAttributes.outcome), 'completed');
    assert.equal(typedSearchAttributes.get(searchAttributes.recipe), 'notebook, batchSize=16');
    const published = calls.at(-1)!.request['parameters'] as { batchSize: number };
    assert.equal(published.batchSize, 16);
  });

  it('is blocked again if a repair did not help, as often as it takes', async () => {
    const calls: Call[] = [];
    const result = await runs.run(tooLarge(calls, 8), input, async (run) => {
      for (const batchSize of [16, 8]) {
        await blocked(run);
        await repair(run, { set: { batchSize } });
      }
    });
    assert.deepEqual(
      result.repairs?.map(({ set }) => set),
      [{ batchSize: 16 }, { batchSize: 8 }],
    );
  });

  it('refuses a repair that cannot be, and stays as it is', async () => {
    await runs.run(tooLarge([]), input, async (run) => {
      const before = await blocked(run);
      assert.deepEqual(await refusal(run, { set: { seed: 7 } }), [
        'InvalidParameterError',
        'Expected parameters of train and the stages after it, got `seed`, which window has used, and that is done: ' +
          'start another run with it',
      ]);
      assert.match(
        (await refusal(run, { set: { batchSize: 0 } }))[1],
        /`batchSize` to be a whole number from 1/,
      );
      assert.match((await refusal(run, { set: { batch: 1 } }))[1], /Unknown parameter `batch`/);
      assert.match(
        (await refusal(run, { set: { engine: 'wasm', device: 'gpu' } }))[1],
        /`device` to be auto or cpu with `engine` wasm/,
      );
      assert.deepEqual(await progressOf(run), before);
      await repair(run, { set: { batchSize: 16 } });
    });
    const { events } = await handleOf(runs.lastRun()).fetchHistory();
    const updates = events!.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
    assert.equal(updates.length, 1, 'a refused repair leaves no trace in the history');
  });

  it('refuses a repair while nothing is wrong', async () => {
    const activities = recordingActivities([]);
    const { train } = activities;
    activities.train = async (request) => {
      assert.equal((await refusal(request.run, {}))[0], 'NotBlockedError');
      return train(request);
    };
    await runs.run(activities, input);
  });

  it('is ended by a cancel', async () => {
    const failure = await failureOf(
      runs.run(tooLarge([]), input, async (run) => {
        await blocked(run);
        await handleOf(run).cancel();
        await handleOf(run)
          .result()
          .catch(() => undefined);
        assert.match(await runs.currentDetails(run), /^### Cancelled in train/);
      }),
    );
    assert.equal(failure.type, 'CancelledFailure');
  });

  it('ends with what went wrong if nobody comes in time', async () => {
    const failure = await failureOf(
      runs.run(tooLarge([]), { ...input, repairWithinSeconds: 1 }, async (run) => {
        await handleOf(run)
          .result()
          .catch(() => undefined);
        assert.match(await runs.currentDetails(run), /^### Failed in train: `OutOfMemoryError`/);
      }),
    );
    assert.deepEqual(failure, { type: 'OutOfMemoryError', message: 'Expected room for a batch of 32' });
  });

  it('ends at once where it is told to, or nothing is said', async () => {
    for (const onFailure of [{ onFailure: 'fail' }, {}] as const) {
      const { type } = await failureOf(runs.run(tooLarge([]), { source: input.source, ...onFailure }));
      assert.equal(type, 'OutOfMemoryError');
    }
  });

  it('asks again what has changed, if that was what failed', async () => {
    const calls: Call[] = [];
    let answers = 0;
    const findUnchanged = () => {
      answers += 1;
      if (answers === 1) throw new InvalidDataError('bad');
      return Promise.resolve({ sameAs: 'run-0' });
    };
    const result = await runs.run(
      recordingActivities(calls, { findUnchanged }),
      { ...input, onUnchanged: 'skip' },
      async (run) => {
        assert.equal((await blocked(run)).blocked?.stage, 'download');
        await repair(run);
      },
    );
    assert.ok(result.status === 'unchanged');
    assert.equal(result.repairs?.length, 1);
  });

  it('goes through all stages again after a repair of a store that lost what they made', async () => {
    const calls: Call[] = [];
    const activities = recordingActivities(calls);
    const { window } = activities;
    let isMended = false;
    activities.window = (request) => {
      if (isMended) return window(request);
      calls.push({ stage: 'lost', request: {} });
      throw new ArtifactMissingError('Expected an object');
    };
    await runs.run(activities, input, async (run) => {
      assert.equal((await blocked(run)).blocked?.class, 'artifact');
      isMended = true;
      await repair(run);
    });
    const round = ['download', 'preprocess'];
    assert.deepEqual(
      calls.map(({ stage }) => stage),
      [
        ...[...round, 'lost', ...round, 'lost', ...round, 'lost'],
        ...[...round, 'window', 'train', 'evaluate', 'publish'],
      ],
    );
  });

  it('refuses what another client has written wrongly, before anything is done', async () => {
    const wrong: [unknown, RegExp][] = [
      [undefined, /a run's input to be an object, got nothing/],
      [{}, /`source` to be of kind movielens-100k, .*got nothing/],
      [{ source: 'ml-100k.zip' }, /`source` to be of kind .*got `"ml-100k.zip"`/],
      [
        { source: { kind: 'url', address: 'x' } },
        /`url` of a source of kind url to be a string, got nothing/,
      ],
      [{ source: { kind: 'uploaded', name: 'x', ratings: {} } }, /`ratings` .* a reference/],
      [{ ...input, onFailure: 'wait' }, /`onFailure` to be one of block, fail, got `"wait"`/],
      [{ ...input, repairWithinSeconds: 0 }, /`repairWithinSeconds` to be a number from 1/],
      [{ ...input, refresh: 'model' }, /`refresh` to be one of download, .*, all/],
      [{ ...input, parameters: [1] }, /`parameters` to be an object/],
      [{ ...input, parameter: {} }, /Unknown field `parameter`/],
      [{ ...input, scheduledSince: 'yesterday' }, /`scheduledSince` to be a time/],
    ];
    const calls: Call[] = [];
    for (const [given, message] of wrong) {
      const failure = await failureOf(runs.run(recordingActivities(calls), given as TrainInput));
      assert.equal(failure.type, 'InvalidParameterError');
      assert.match(failure.message, message);
    }
    assert.deepEqual(calls, []);
  });
});
