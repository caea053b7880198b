import { type ActivityInterfaceFor, proxyActivities } from '@temporalio/workflow';
import type { DataActivities } from '../activities/data-activities.js';
import type { TrainActivities } from '../activities/train-activities.js';
import type { Device } from '../predictor/engine/choose-engine.js';
import { dataQueue, trainQueues } from './contract.js';
import { nonRetryableErrors } from './retries.js';

/** Every activity heartbeats (activities/heartbeat.ts), and has time to tidy up when it is cancelled. */
const attended = {
  heartbeatTimeout: '10s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
} as const;

/** Fetching over a network that may be slow. The stage tries a source again itself; these tries are for a lost worker. */
export const { download } = proxyActivities<DataActivities>({
  taskQueue: dataQueue,
  startToCloseTimeout: '30m',
  ...attended,
  retry: {
    initialInterval: '1s',
    backoffCoefficient: 2,
    maximumAttempts: 3,
    nonRetryableErrorTypes: nonRetryableErrors,
  },
});

/** Seconds of computing between a read and a write of the store; the tries outlast a restart of it. */
export const { startOf, findUnchanged, preprocess, window, evaluate, publish } =
  proxyActivities<DataActivities>({
    taskQueue: dataQueue,
    startToCloseTimeout: '10m',
    ...attended,
    retry: {
      initialInterval: '1s',
      backoffCoefficient: 1.5,
      maximumInterval: '15s',
      maximumAttempts: 30,
      nonRetryableErrorTypes: nonRetryableErrors,
    },
  });

/** A question to Temporal. */
export const { placeTraining } = proxyActivities<DataActivities>({
  taskQueue: dataQueue,
  startToCloseTimeout: '1m',
  ...attended,
  retry: { initialInterval: '1s', backoffCoefficient: 1.5, maximumInterval: '15s', maximumAttempts: 30 },
});

/** The activities of the workers for a device. No time is set for a worker to come: it may be started when it is missed. */
export function trainingOn(device: Device): ActivityInterfaceFor<TrainActivities> {
  const taskQueue = trainQueues[device];
  /** A question to a training worker: seconds, most of them for loading TensorFlow where that is asked for. */
  const { planTraining } = proxyActivities<TrainActivities>({
    taskQueue,
    startToCloseTimeout: '1h',
    ...attended,
    retry: {
      initialInterval: '1s',
      backoffCoefficient: 1.5,
      maximumInterval: '15s',
      maximumAttempts: 10,
      // What was asked for is not there: the user is told at once.
      nonRetryableErrorTypes: [...nonRetryableErrors, 'EngineUnavailableError'],
    },
  });
  /**
   * Hours, on a worker that may be killed at any time: a retry goes on from the last checkpoint, so that many tries cost
   * little and a long wait between them gains nothing.
   */
  const { train } = proxyActivities<TrainActivities>({
    taskQueue,
    startToCloseTimeout: '24h',
    ...attended,
    retry: {
      initialInterval: '1s',
      backoffCoefficient: 1.5,
      maximumInterval: '10s',
      maximumAttempts: 100,
      nonRetryableErrorTypes: nonRetryableErrors,
    },
  });
  return { planTraining, train };
}
