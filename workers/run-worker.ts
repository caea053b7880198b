import type { NativeConnection, Worker } from '@temporalio/worker';
import { startPulse } from './pulse.js';

/**
 * Polls until a signal asks it to stop (the SDK drains on SIGTERM and SIGINT), then lets the process end. Says so to a
 * parent that waits for it.
 * @param pulseFile written as long as it takes work (pulse.ts)
 */
export async function runWorker(
  worker: Worker,
  connection: NativeConnection,
  pulseFile: string | undefined,
): Promise<void> {
  const running = worker.run();
  const endPulse = startPulse([worker], connection, pulseFile);
  if (process.send) {
    process.send({ ready: true });
    // The parent's end is not this worker's: it outlives whoever started it.
    process.disconnect();
  }
  try {
    await running;
  } finally {
    endPulse();
    await connection.close();
  }
}
