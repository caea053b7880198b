import { type ActivityInterfaceFor, type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { DataActivities } from '../activities/data-activities.js';
import type { TrainActivities } from '../activities/train-activities.js';
import type { Device } from '../predictor/engine/choose-engine.js';
import { dataQueue, trainQueues } from './contract.js';
import { nonRetryableErrors } from './failures.js';

type Retries = Pick<NonNullable<ActivityOptions['retry']>, 'maximumAttempts'> & {
  readonly backoffCoefficient: number;
  readonly maximumInterval?: string;
  readonly nonRetryableErrorTypes?: string[];
};

/** Every activity heartbeats (activities/heartbeat.ts), and has time to tidy up when it is cancelled. */
const attended = {
  heartbeatTimeout: '10s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
} as const;

/**
 * Waits that grow from about a second. Many runs that a server's restart has hit at once do not come back at once: each
 * begins with a wait of its own. In a workflow, `Math.random` gives the same again in a replay.
 */
function retries(policy: Retries): NonNullable<ActivityOptions['retry']> {
  const initialInterval = Math.round(750 + 500 * Math.random());
  return { initialInterval, nonRetryableErrorTypes: nonRetryableErrors, ...policy };
}

/** The activities of data workers, for one run. */
export function dataStages(): ActivityInterfaceFor<DataActivities> {
  /** The tries outlast a restart of the store. */
  const patient = { backoffCoefficient: 1.5, maximumInterval: '15s', maximumAttempts: 30 } as const;
  /**
   * Fetching over a network that may be slow. The stage tries a source again itself; these tries are for the store and
   * for a lost worker.
   */
  const { download } = proxyActivities<DataActivities>({
    taskQueue: dataQueue,
    startToCloseTimeout: '30m',
    ...attended,
    retry: retries(patient),
  });
  /** Seconds of computing between a read and a write of the store. */
  const { startOf, findUnchanged, preprocess, window, evaluate, publish } = proxyActivities<DataActivities>({
    taskQueue: dataQueue,
    startToCloseTimeout: '10m',
    ...attended,
    retry: retries(patient),
  });
  /** A question to Temporal. */
  const { placeTraining } = proxyActivities<DataActivities>({
    taskQueue: dataQueue,
    startToCloseTimeout: '1m',
    ...attended,
    retry: retries(patient),
  });
  return { startOf, findUnchanged, download, preprocess, window, placeTraining, evaluate, publish };
}

/** The activities of the workers for a device. No time is set for a worker to come: it may be started when it is missed. */
export function trainingOn(device: Device): ActivityInterfaceFor<TrainActivities> {
  const taskQueue = trainQueues[device];
  /** A question to a training worker: seconds, most of them for loading TensorFlow where that is asked for. */
  const { planTraining } = proxyActivities<TrainActivities>({
    taskQueue,
    startToCloseTimeout: '1h',
    ...attended,
    retry: retries({ backoffCoefficient: 1.5, maximumInterval: '15s', maximumAttempts: 10 }),
  });
  /**
   * Hours, on a worker that may be killed at any time: a retry goes on from the last checkpoint, so that many tries cost
   * little and a long wait between them gains nothing. An engine that this worker lacks another may have.
   */
  const { train } = proxyActivities<TrainActivities>({
    taskQueue,
    startToCloseTimeout: '24h',
    ...attended,
    retry: retries({
      ...{ backoffCoefficient: 1.5, maximumInterval: '10s', maximumAttempts: 100 },
      nonRetryableErrorTypes: nonRetryableErrors.filter((name) => name !== 'EngineUnavailableError'),
    }),
  });
  return { planTraining, train };
}
