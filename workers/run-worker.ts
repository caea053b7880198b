import type { NativeConnection, Worker } from '@temporalio/worker';

/**
 * Polls until a signal asks it to stop (the SDK drains on SIGTERM and SIGINT), then lets the process end. Says so to a
 * parent that waits for it.
 */
export async function runWorker(worker: Worker, connection: NativeConnection): Promise<void> {
  const running = worker.run();
  if (process.send) {
    process.send({ ready: true });
    // The parent's end is not this worker's: it outlives whoever started it.
    process.disconnect();
  }
  try {
    await running;
  } finally {
    await connection.close();
  }
}
