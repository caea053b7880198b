/** What every worker of this project is told. */
export const workerOptions = {
  // Cancellation arrives in the answer to a heartbeat: a throttle of 80 % of the timeout would hold it up.
  maxHeartbeatThrottleInterval: '1s',
  defaultHeartbeatThrottleInterval: '1s',
  // Stages that are nearly done may finish; training is stopped and goes on elsewhere from its last checkpoint.
  shutdownGraceTime: '2s',
  shutdownForceTime: '8s',
} as const;
