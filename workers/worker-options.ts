import type { WorkerOptions } from '@temporalio/worker';
import type { DeploymentVersion } from '../adapters/worker-deployment.js';

/** What every worker of this project is told. */
export const workerOptions = {
  // Cancellation arrives in the answer to a heartbeat: a throttle of 80 % of the timeout would hold it up.
  maxHeartbeatThrottleInterval: '1s',
  defaultHeartbeatThrottleInterval: '1s',
  // Stages that are nearly done may finish; training is stopped and goes on elsewhere from its last checkpoint.
  shutdownGraceTime: '2s',
  shutdownForceTime: '8s',
} as const;

/** Lets a worker take up only the runs that began on its version of the code, and new ones while it is the current one. */
export function versioned(version: DeploymentVersion | undefined): Partial<WorkerOptions> {
  if (version === undefined) return {};
  return {
    workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' },
  };
}
