import assert from 'node:assert/strict';
import { hasTensorflow } from '../../adapters/tensorflow.js';
import { decodeCheckpoint } from '../../predictor/model/checkpoint.js';
import type { TrainingJob, TrainingReports } from '../../predictor/training-job.js';
import { createProcessTrainer, probeTensorflow } from '../../workers/training-process.js';
import { skipWithout } from '../support/missing.js';
import { trainingJob } from '../support/training-job.js';

describe('TensorFlow in the training child', function () {
  this.timeout(120_000);
  const options = { stallSeconds: 60 };
  const trainer = createProcessTrainer(options);
  const untold = () => undefined;
  const never = new AbortController().signal;
  const reports: TrainingReports = {
    progress: () => undefined,
    epochEnded: () => undefined,
    save: () => undefined,
  };
  let job: TrainingJob = {
    ...trainingJob({ epochs: 2, batchSize: 2 }),
    plan: { engine: 'tensorflow', device: 'cpu', fastMath: false, reason: 'test', runtime: '' },
  };
  beforeEach(function () {
    if (!hasTensorflow()) skipWithout(this, 'the TensorFlow engine (npm run setup:tensorflow)');
  });

  it('is found by asking', async () => {
    const { available, runtimes } = await probeTensorflow(options, never, untold);
    assert.ok(available);
    assert.match(runtimes.cpu ?? '', /^tensorflow \d+\.\d+\.\d+ cpu ./);
    await assert.rejects(
      trainer(job, reports, never, untold),
      /planned with \(\), got tensorflow .* on this worker/,
    );
    job = { ...job, plan: { ...job.plan, runtime: runtimes.cpu! } };
  });

  it('trains, and goes on to the bit from the checkpoint that a stopped child handed over', async () => {
    const whole = await trainer(job, reports, never, untold);
    assert.ok(whole.finished);
    const stop = new AbortController();
    const progress = () => stop.abort(new Error('stopped'));
    const stopped = await trainer(job, { ...reports, progress }, stop.signal, untold);
    assert.ok(!stopped.finished);
    assert.ok(decodeCheckpoint(stopped.checkpoint).position);
    const resumed = await trainer({ ...job, resumeFrom: stopped.checkpoint }, reports, never, untold);
    assert.deepEqual(Buffer.from(resumed.checkpoint), Buffer.from(whole.checkpoint));
  });
});
