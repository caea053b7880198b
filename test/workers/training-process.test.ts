import assert from 'node:assert/strict';
import { execFileSync, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure } from '@temporalio/common';
import { decodeCheckpoint } from '../../predictor/model/checkpoint.js';
import {
  runTrainingJob,
  type SavedTraining,
  type TrainingJob,
  type TrainingReports,
} from '../../predictor/training-job.js';
import { createEngine } from '../../workers/engines.js';
import type { TrainingMessage, TrainingRequest } from '../../workers/training-messages.js';
import type { StageEvent, Tell } from '../../activities/telemetry.js';
import { describeEnd } from '../../workers/training-end.js';
import { childEnvironment, createProcessTrainer } from '../../workers/training-process.js';
import { ensureKernel } from '../support/kernel.js';
import { trainingJob, wasmPlan } from '../support/training-job.js';

/** Process ids of the training children of this process. */
function childPids(): number[] {
  const lines = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], {
    encoding: 'utf8',
  }).split('\n');
  return lines.filter((line) => line.includes('train-child')).map((line) => Number.parseInt(line, 10));
}

/** A child that was killed is gone when the system has taken its remains. */
async function noChildren(): Promise<void> {
  for (let tries = 0; tries < 50 && childPids().length > 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.deepEqual(childPids(), []);
}

describe('training in a child process', function () {
  this.timeout(60_000);
  before(() => ensureKernel());
  const never = new AbortController().signal;
  const quiet: TrainingReports = {
    progress: () => undefined,
    epochEnded: () => undefined,
    save: () => undefined,
  };
  const untold: Tell = () => undefined;
  const trainerThat = (stallSeconds: number) => {
    const train = createProcessTrainer({ stallSeconds });
    return (job: TrainingJob, reports: TrainingReports, signal: AbortSignal, tell = untold) =>
      train(job, reports, signal, tell);
  };
  const trainer = trainerThat(60);
  const whole = async (job: TrainingJob) =>
    Buffer.from((await runTrainingJob(job, createEngine, quiet)).checkpoint);

  it('gives the bytes that training in place gives, and reports each epoch with its checkpoint', async () => {
    const job = trainingJob({ epochs: 3 });
    const epochs: number[] = [];
    const { checkpoint, finished } = await trainer(
      job,
      {
        ...quiet,
        epochEnded: ({ epoch }) => void epochs.push(epoch),
        save({ epoch, step, checkpoint: state }) {
          assert.equal(step, 0);
          assert.equal(decodeCheckpoint(state).epoch, epoch);
        },
      },
      never,
    );
    assert.deepEqual(epochs, [1, 2, 3]);
    assert.ok(finished);
    assert.deepEqual(Buffer.from(checkpoint), await whole(job));
  });

  it('tells of its process, and of what that says', async () => {
    const events: StageEvent[] = [];
    const job: TrainingJob = { ...trainingJob({ epochs: 1 }) };
    const ended = new Promise<void>((resolve) => {
      void trainer(job, quiet, never, (event) => {
        events.push(event);
        if (event.kind === 'processEnded') resolve();
      });
    });
    await ended;
    const [started, ...rest] = events;
    assert.equal(started?.kind, 'processStarted');
    assert.ok(started.childPid > 0);
    const last = rest.at(-1);
    assert.ok(
      last?.kind === 'processEnded' &&
        last.childPid === started.childPid &&
        last.code === 0 &&
        last.seconds > 0,
    );
  });

  it('has fastMath on every Node, and other last bits with it', async () => {
    const job = trainingJob({ epochs: 2, lstmUnits: 64 });
    const fast = await trainer({ ...job, plan: wasmPlan(true) }, quiet, never);
    const [ours, theirs] = [fast.checkpoint, await whole(job)].map((bytes) => decodeCheckpoint(bytes));
    const [loss, exact] = [ours!.history[1]!.valLoss, theirs!.history[1]!.valLoss];
    assert.ok(Math.abs(loss - exact) < 1e-4, `${loss} and ${exact}`);
    assert.notDeepEqual(ours!.state.weights, theirs!.state.weights);
  });

  it('keeps the name of what went wrong, which decides whether a retry can help', async () => {
    const job: TrainingJob = { ...trainingJob({ epochs: 1 }), windowTable: new Uint8Array(8) };
    await assert.rejects(trainer(job, quiet, never), (error: unknown) => {
      assert.ok(error instanceof ApplicationFailure);
      assert.equal(error.type, 'InvalidDataError');
      assert.match(error.message, /window table/);
      return true;
    });
  });

  it('fails with the writing of a checkpoint', async () => {
    const reports = { ...quiet, save: () => Promise.reject(new Error('disk full')) };
    await assert.rejects(trainer(trainingJob({ epochs: 2 }), reports, never), /disk full/);
  });

  /** Trains until `disturb` has been called in the middle of an epoch; gives back what was saved, and how it ended. */
  async function disturbed(job: TrainingJob, disturb: () => void, signal = never, using = trainer) {
    const saved: SavedTraining[] = [];
    let calls = 0;
    const reports: TrainingReports = {
      progress: ({ epoch }) => {
        if (epoch === 2 && calls++ === 0) disturb();
      },
      epochEnded: () => undefined,
      save: (state) => void saved.push(state),
    };
    const ended = await using(job, reports, signal).catch((error: unknown) => error as Error);
    return { saved, ended };
  }
  /** Epochs of a second or so: long enough to be disturbed in the middle. */
  const slow = () => trainingJob({ epochs: 2, lstmUnits: 128, batchSize: 1 });

  it('that is told to stop finishes its step and hands over a state from which the rest is the same', async () => {
    const controller = new AbortController();
    const job = slow();
    const { saved, ended } = await disturbed(
      job,
      () => controller.abort(new Error('cancelled')),
      controller.signal,
    );
    const last = saved.at(-1)!;
    assert.ok(last.epoch === 1 && last.step > 0, `${last.epoch}, ${last.step}`);
    assert.ok(!(ended instanceof Error) && !ended.finished);
    assert.deepEqual(await whole({ ...job, resumeFrom: last.checkpoint }), await whole(job));
  });

  it('hands over its state, too, when the child itself is asked to end', async () => {
    const { saved, ended } = await disturbed(slow(), () => process.kill(childPids()[0]!, 'SIGTERM'));
    assert.ok(saved.at(-1)!.step > 0);
    assert.ok(!(ended instanceof Error) && !ended.finished);
  });

  it('hears that it is to stop, too, when an epoch is a single step', async () => {
    const controller = new AbortController();
    const job = trainingJob({ epochs: 10_000, batchSize: 65_536 });
    const saved: SavedTraining[] = [];
    const reports: TrainingReports = {
      ...quiet,
      epochEnded: ({ epoch }) => epoch === 3 && controller.abort(new Error('cancelled')),
      save: (state) => void saved.push(state),
    };
    const { finished } = await trainer(job, reports, controller.signal);
    assert.ok(!finished && saved.at(-1)!.epoch >= 3);
  });

  it('is not held up by a store that is slower than an epoch, nor is the result lost on the way', async () => {
    const job = trainingJob({ epochs: 300, batchSize: 65_536 });
    const saved: number[] = [];
    const reports: TrainingReports = {
      ...quiet,
      async save({ epoch }) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        saved.push(epoch);
      },
    };
    const { finished, checkpoint } = await trainerThat(30)(job, reports, never);
    assert.ok(finished);
    assert.equal(saved.at(-1), 300);
    assert.ok(saved.length < 300, `${saved.length} of 300 states were written`);
    assert.deepEqual(Buffer.from(checkpoint), await whole(job));
  });

  it('is cancelled, whatever the store does meanwhile', async () => {
    const controller = new AbortController();
    const reports: TrainingReports = {
      ...quiet,
      epochEnded: () => controller.abort(new Error('cancelled')),
      save: () => new Promise(() => undefined),
    };
    await assert.rejects(trainer(trainingJob({ epochs: 10_000 }), reports, controller.signal), /cancelled/);
  });

  it('says that its child was killed', async () => {
    const { ended } = await disturbed(slow(), () => process.kill(childPids()[0]!, 'SIGKILL'));
    assert.equal((ended as Error).name, 'TrainingKilledError');
  });

  it('says that its child ran out of memory', async () => {
    const before = process.env['NODE_OPTIONS'];
    process.env['NODE_OPTIONS'] = `${before ?? ''} --max-old-space-size=8`;
    try {
      await assert.rejects(trainer(trainingJob({ epochs: 2 }), quiet, never), {
        name: 'OutOfMemoryError',
        message: /ran out of memory: .*--max-old-space-size/,
      });
    } finally {
      if (before === undefined) delete process.env['NODE_OPTIONS'];
      else process.env['NODE_OPTIONS'] = before;
    }
  });

  it('replaces a child that hangs', async () => {
    const impatient = trainerThat(1);
    const { ended } = await disturbed(
      slow(),
      () => process.kill(childPids()[0]!, 'SIGSTOP'),
      never,
      impatient,
    );
    assert.equal((ended as Error).name, 'TrainingStalledError');
    await noChildren();
  });

  it('makes checkpoints within an epoch that takes long', async () => {
    const { saved } = await disturbed({ ...slow(), checkpointSeconds: 0.2 }, () => undefined);
    assert.ok(saved.some(({ epoch, step }) => epoch === 0 && step > 0));
  });

  it('ends at once on SIGTERM when it has nothing to hand over', async () => {
    const child = fork(fileURLToPath(new URL('../../workers/train-child.ts', import.meta.url)), [], {
      serialization: 'advanced',
    });
    const ended = new Promise((resolve) =>
      child.on('message', ({ kind }: TrainingMessage) => kind === 'ended' && resolve(kind)),
    );
    const exited = new Promise((resolve) => child.on('exit', resolve));
    child.send({ kind: 'train', job: trainingJob({ epochs: 1 }) } satisfies TrainingRequest);
    await ended;
    child.kill('SIGTERM');
    assert.equal(await exited, 143);
  });

  it('leaves no process behind', () => noChildren());
});

describe('how a training child ended', () => {
  const end = (code: number | null, signal: NodeJS.Signals | null, said = '') =>
    describeEnd(7, code, signal, () => said);

  it('is told by what it said last', () => {
    const heap = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n';
    assert.equal(end(null, 'SIGABRT', heap).name, 'OutOfMemoryError');
    assert.match(end(3, null, 'x\nlast words\n').message, /process 7 was ended with code 3 .*: last words$/);
    assert.match(end(null, 'SIGSEGV').message, /by SIGSEGV/);
  });
});

describe("the training child's environment", () => {
  it('holds no address and no secret', () => {
    const environment = childEnvironment({
      PATH: '/bin',
      AWS_SECRET_ACCESS_KEY: 'x',
      TEMPORAL_API_KEY: 'x',
      STREAMSAGE_STATE: 'x',
    });
    assert.deepEqual(environment, { PATH: '/bin' });
  });
});
