import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { connectClient } from '../../adapters/temporal.js';
import type { EpochSummary, RunProgress, CompletedRun } from '../../workflows/contract.js';
import { epochEndedSignal, progressQuery } from '../../workflows/contract.js';
import { smallRatingsFile } from '../support/ratings-file.js';
import { killForGood, startStack, type TestStack, untilGone } from '../support/stack.js';

/** Long enough to be killed in the middle, short enough to be trained five times. */
const flags = ['--epochs', '14', '--json'];

/** So long that a signal does not come while an epoch is evaluated or saved. */
const longEpochs = ['--epochs', '3', '--lstm-units', '160'];

describe('a run whose processes are killed', function () {
  this.timeout(300_000);
  let stack: TestStack;
  let ratings: string;
  let undisturbed: Record<string, string>;

  before(async () => {
    stack = await startStack();
    ratings = await smallRatingsFile(stack.folder, 450);
    undisturbed = digests((await start('--json')).result);
  });
  after(() => stack.stop());

  const digests = ({ artifacts }: CompletedRun) =>
    Object.fromEntries(artifacts.map(({ name, sha256 }) => [name, sha256]));

  /** Starts a training from scratch; `disturb` is called once it has done `afterEpoch` epochs. */
  async function start(
    ...more: string[]
  ): Promise<{ result: CompletedRun; epochs: readonly EpochSummary[] }> {
    return disturbed(0, undefined, ...more);
  }

  async function disturbed(afterEpoch: number, disturb?: () => Promise<unknown>, ...more: string[]) {
    const client = await connectClient(stack.settings);
    try {
      const started = await stack.streamsage(
        'train',
        '--source',
        ratings,
        '--refresh',
        'all',
        '--detach',
        ...flags,
        ...more,
      );
      assert.equal(started.code, 0, started.stderr);
      const { run } = JSON.parse(started.stdout) as { run: string };
      const handle = client.workflow.getHandle(run);
      if (disturb) {
        for (;;) {
          const progress = await handle.query<RunProgress>(progressQuery).catch(() => undefined);
          if ((progress?.epochs.at(-1)?.epoch ?? 0) >= afterEpoch) break;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        await disturb();
      }
      const result = (await handle.result()) as CompletedRun;
      const { epochs } = await handle.query<RunProgress>(progressQuery);
      const history = await handle.fetchHistory();
      const attempts = (history.events ?? [])
        .filter(({ activityTaskStartedEventAttributes: event }) => event)
        .reduce((sum, { activityTaskStartedEventAttributes: event }) => sum + (event!.attempt ?? 1), 0);
      const reports = (history.events ?? []).filter(
        ({ workflowExecutionSignaledEventAttributes: event }) => event?.signalName === epochEndedSignal,
      );
      return { result, epochs, attempts, reports: reports.length };
    } finally {
      await client.connection.close();
    }
  }

  const kill = async (name: string) => killForGood((await stack.parts())[name]!.pid!);
  const mend = async () => {
    const { code, stderr } = await stack.stack('up');
    assert.equal(code, 0, stderr);
  };

  it('ends with the same model after kill -9 of the training child', async () => {
    const { result, attempts } = await disturbed(3, async () => {
      const worker = (await stack.parts())['train-worker']!.pid!;
      const [child] = (await readFile(`/proc/${worker}/task/${worker}/children`, 'utf8')).trim().split(' ');
      assert.ok(child, 'there should be a training child');
      process.kill(Number(child), 'SIGKILL');
    });
    assert.ok(attempts > 6, `the training should have been tried again, ${attempts} attempts`);
    assert.deepEqual(digests(result), undisturbed);
  });

  it('ends with the same model after kill -9 of the training worker', async () => {
    const { result, attempts } = await disturbed(3, async () => {
      await kill('train-worker');
      await mend();
    });
    assert.ok(attempts > 6, `the training should have been tried again, ${attempts} attempts`);
    assert.deepEqual(digests(result), undisturbed);
  });

  it('ends with the same model after kill -9 of the data worker', async () => {
    const { result } = await disturbed(3, async () => {
      await kill('data-worker');
      await mend();
    });
    assert.deepEqual(digests(result), undisturbed);
  });

  it('ends with the same model after kill -9 of both servers and both workers', async () => {
    const { result } = await disturbed(2, async () => {
      for (const name of ['train-worker', 'data-worker', 'minio', 'temporal']) await kill(name);
      await mend();
    });
    assert.deepEqual(digests(result), undisturbed);
  });

  it('hands over in the middle of an epoch when the training worker is drained (SIGTERM)', async () => {
    const alone = await start(...longEpochs);
    const drain = async () => {
      const worker = (await stack.parts())['train-worker']!.pid!;
      process.kill(worker, 'SIGTERM');
      await untilGone(worker);
      await mend();
    };
    const { result } = await disturbed(1, drain, ...longEpochs);
    assert.match(String(result.training['resumedFrom']), /^epoch 1, step \d+$/);
    assert.deepEqual(digests(result), digests(alone.result));
  });

  it('goes on from the last checkpoint, and trains no epoch again that was saved', async () => {
    const { result, epochs, reports } = await disturbed(5, async () => {
      await kill('train-worker');
      await mend();
    });
    assert.deepEqual(
      epochs.map(({ epoch }) => epoch),
      Array.from({ length: 14 }, (_, index) => index + 1),
    );
    assert.deepEqual(digests(result), undisturbed);
    // One epoch may have been saved and not yet told when the worker was killed.
    assert.ok(reports >= 13 && reports <= 15, `${reports} reports of 14 epochs`);
  });
});
