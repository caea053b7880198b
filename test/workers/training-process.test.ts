import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { decodeCheckpoint } from '../../predictor/model/checkpoint.js';
import { runTrainingJob, type TrainingJob } from '../../predictor/training-job.js';
import { childEnvironment, createProcessTrainer } from '../../workers/training-process.js';
import { ensureKernel } from '../support/kernel.js';
import { trainingJob } from '../support/training-job.js';

describe('training in a child process', function () {
  this.timeout(30_000);
  before(() => ensureKernel());
  const never = new AbortController().signal;
  const quiet = { progress: () => undefined, epochEnded: () => undefined };

  it('gives the bytes that training in place gives, and reports each epoch with its checkpoint', async () => {
    const job = trainingJob({ epochs: 3 });
    const epochs: number[] = [];
    const checkpoint = await createProcessTrainer()(
      job,
      {
        progress: () => undefined,
        epochEnded: (metrics, bytes) => {
          epochs.push(metrics.epoch);
          assert.equal(decodeCheckpoint(bytes).epoch, metrics.epoch);
        },
      },
      never,
    );
    assert.deepEqual(epochs, [1, 2, 3]);
    assert.deepEqual(Buffer.from(checkpoint), Buffer.from(await runTrainingJob(job, quiet)));
  });

  it('keeps the name of what went wrong, which decides whether a retry can help', async () => {
    const job: TrainingJob = { ...trainingJob({ epochs: 1 }), windowTable: new Uint8Array(8) };
    await assert.rejects(createProcessTrainer()(job, quiet, never), (error: unknown) => {
      assert.ok(error instanceof ApplicationFailure);
      assert.equal(error.type, 'InvalidDataError');
      assert.match(error.message, /window table/);
      return true;
    });
  });

  it('fails with the writing of a checkpoint', async () => {
    const reports = { progress: () => undefined, epochEnded: () => Promise.reject(new Error('disk full')) };
    await assert.rejects(createProcessTrainer()(trainingJob({ epochs: 2 }), reports, never), /disk full/);
  });

  it('ends at once when it is told to', async () => {
    const controller = new AbortController();
    const job = trainingJob({ epochs: 10_000 });
    const running = createProcessTrainer()(
      job,
      { progress: () => undefined, epochEnded: () => controller.abort(new Error('cancelled')) },
      controller.signal,
    );
    await assert.rejects(running, /cancelled/);
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
