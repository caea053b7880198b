import { createTrainActivities } from '../activities/train-activities.js';
import { createS3ObjectStore } from '../adapters/s3-object-store.js';
import { hasNvidiaDriver } from '../adapters/machine.js';
import { loadTrainingSettings } from '../adapters/settings.js';
import { loadTrainingDevices } from '../adapters/worker-settings.js';
import { epochEndedSignal, trainingBegunSignal, trainQueues } from '../workflows/contract.js';
import { wasmRuntime } from './engines.js';
import { createProcessTrainer, probeTensorflow } from './training-process.js';
import { runWorkerProcess } from './worker-process.js';

/** Process: training alone, one run at a time for each device that it offers, each in a child process. */

await runWorkerProcess('train-worker', ({ settings, log, telemetry, client }) => {
  const training = loadTrainingSettings();
  const activities = createTrainActivities({
    store: createS3ObjectStore(settings.s3),
    telemetry,
    trainer: createProcessTrainer(training),
    checkpointSeconds: training.checkpointSeconds,
    machine: {
      hasNvidiaDriver,
      wasmRuntime,
      probeTensorflow: (signal, tell) => probeTensorflow(training, signal, tell),
    },
    // Whoever watches misses something if this fails; the training does not.
    reportBegun: (run, begun) =>
      client.workflow
        .getHandle(run)
        .signal(trainingBegunSignal, begun)
        .catch(() => undefined),
    reportEpoch: (run, summary) =>
      client.workflow
        .getHandle(run)
        .signal(epochEndedSignal, summary)
        .catch(() => undefined),
  });
  const devices = loadTrainingDevices(hasNvidiaDriver());
  if (devices.includes('gpu') && !hasNvidiaDriver())
    log.warn('This worker offers a GPU, and there is no NVIDIA driver here: runs that ask for one will fail');
  return devices.map((device) => ({
    taskQueue: trainQueues[device],
    maxConcurrentActivityTaskExecutions: 1,
    activities,
  }));
});
