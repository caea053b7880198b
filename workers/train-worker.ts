import { Worker } from '@temporalio/worker';
import { createTrainActivities } from '../activities/train-activities.js';
import { createS3ObjectStore } from '../adapters/s3-object-store.js';
import { hasNvidiaDriver } from '../adapters/machine.js';
import { loadPulseFile, loadSettings, loadTrainingSettings } from '../adapters/settings.js';
import { connectClient, connectWorker } from '../adapters/temporal.js';
import { epochEndedSignal, trainQueue } from '../workflows/contract.js';
import { wasmRuntime } from './engines.js';
import { runWorker } from './run-worker.js';
import { createProcessTrainer, probeTensorflow } from './training-process.js';
import { workerOptions } from './worker-options.js';

/** Process: training alone, one run at a time, each in a child process. */

const settings = loadSettings();
const training = loadTrainingSettings();
const connection = await connectWorker(settings);
const client = await connectClient(settings);
const worker = await Worker.create({
  ...workerOptions,
  connection,
  namespace: settings.temporal.namespace,
  taskQueue: trainQueue,
  maxConcurrentActivityTaskExecutions: 1,
  activities: createTrainActivities({
    store: createS3ObjectStore(settings.s3),
    trainer: createProcessTrainer(training),
    checkpointSeconds: training.checkpointSeconds,
    machine: {
      hasNvidiaDriver,
      wasmRuntime,
      probeTensorflow: (signal) => probeTensorflow(training, signal),
    },
    // Whoever watches misses an epoch if this fails; the training does not.
    reportEpoch: (run, summary) =>
      client.workflow
        .getHandle(run)
        .signal(epochEndedSignal, summary)
        .catch(() => undefined),
  }),
});
await runWorker(worker, connection, loadPulseFile());
await client.connection.close();
