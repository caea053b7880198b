import { writeFile } from 'node:fs/promises';
import type { NativeConnection, Worker } from '@temporalio/worker';
import { activityPollers, pollerSeenMs } from '../adapters/temporal.js';

/** How often a worker asks whether it takes work. */
const beatMs = 10_000;
/** How long Temporal may take to answer. */
const answerMs = 5000;

/** What is known of a worker, from itself and from the server. */
export interface WorkerSigns {
  readonly state: ReturnType<Worker['getState']>;
  readonly activitiesInFlight: number;
  /** When the server last saw this very worker poll, in ms since 1970; undefined if it knows none of this name. */
  readonly polledAt: number | undefined;
}

/** Whether a worker takes work, or has its hands full: one that trains does not poll. */
export function takesWork({ state, activitiesInFlight, polledAt }: WorkerSigns, now: number): boolean {
  if (state !== 'RUNNING') return false;
  return activitiesInFlight > 0 || (polledAt !== undefined && now - polledAt < pollerSeenMs);
}

/**
 * Writes a file as long as every worker of this process takes work and Temporal says so: a health check needs nothing
 * but the file's age. It grows old when the process hangs, when it does not poll, and when Temporal cannot be reached.
 * @param file absent: nothing is written
 * @returns what ends it
 */
export function startPulse(
  workers: readonly Worker[],
  connection: NativeConnection,
  file: string | undefined,
): () => void {
  if (file === undefined) return () => undefined;
  const beat = async () => {
    const signs = await Promise.all(workers.map((worker) => signsOf(worker, connection)));
    if (signs.every((sign) => takesWork(sign, Date.now()))) await writeFile(file, '');
  };
  // The file's age says that a beat failed.
  const timer = setInterval(() => void beat().catch(() => undefined), beatMs);
  return () => clearInterval(timer);
}

async function signsOf(worker: Worker, connection: NativeConnection): Promise<WorkerSigns> {
  const { namespace, taskQueue, identity } = worker.options;
  const pollers = await connection.withDeadline(Date.now() + answerMs, () =>
    activityPollers(connection.workflowService, namespace, taskQueue),
  );
  return {
    state: worker.getState(),
    activitiesInFlight: worker.getStatus().numInFlightActivities,
    polledAt: pollers.find((poller) => poller.identity === identity)?.polledAt,
  };
}
