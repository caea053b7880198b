import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { hasWorker } from '../adapters/temporal.js';
import type { RunProgress, StageProgress } from '../workflows/contract.js';
import { activityStages, dataQueue, progressQuery } from '../workflows/contract.js';

/** What can be seen of a run from outside at one moment. */
export interface RunSnapshot {
  /** Absent while no data worker answers. */
  readonly progress?: RunProgress;
  /** The stage's own report, from its heartbeat. */
  readonly live?: StageProgress;
  /** What no worker has taken up yet, and since when. */
  readonly waiting?: Waiting;
  /** A stage that is being tried again, and why. */
  readonly retry?: { readonly stage: string; readonly attempt: number; readonly reason: string };
}

export interface Waiting {
  /** Absent for the run itself. */
  readonly stage?: string;
  readonly since: Date;
  /** Where the server says it. */
  readonly queue?: string;
  /** Whether a worker polls that queue. */
  readonly attended?: boolean;
}

/** How long the query may take: it needs a data worker, and there may be none. */
const queryTimeoutMs = 2000;

/** Looks at a run: its own account by query, the running stage's by the server's description. */
export async function takeSnapshot(client: Client, run: string): Promise<RunSnapshot> {
  const handle = client.workflow.getHandle(run);
  const [description, progress] = await Promise.all([
    handle.describe(),
    client
      .withDeadline(Date.now() + queryTimeoutMs, () => handle.query<RunProgress>(progressQuery))
      .catch(() => undefined),
  ]);
  const pending = pendingStage(description);
  const waiting = pending.waiting
    ? await withWorkers(client, pending.waiting)
    : progress
      ? undefined
      : await deserted(client, description);
  return { ...(progress ? { progress } : {}), ...pending, ...(waiting ? { waiting } : {}) };
}

/** A run that does not answer, and has no worker that could: a busy one is no news. */
async function deserted(
  client: Client,
  { status, startTime }: WorkflowExecutionDescription,
): Promise<Waiting | undefined> {
  if (status.name !== 'RUNNING') return undefined;
  const waiting = await withWorkers(client, { since: startTime, queue: dataQueue });
  return waiting.attended === false ? waiting : undefined;
}

async function withWorkers(client: Client, waiting: Waiting): Promise<Waiting> {
  const { queue } = waiting;
  if (queue === undefined) return waiting;
  const attended = await hasWorker(client, queue).catch(() => undefined);
  return attended === undefined ? waiting : { ...waiting, attended };
}

function pendingStage(description: WorkflowExecutionDescription): Omit<RunSnapshot, 'progress'> {
  const pending = description.raw.pendingActivities?.[0];
  if (!pending) return {};
  const activity = pending.activityType?.name ?? 'stage';
  const stage = activityStages[activity] ?? activity;
  const attempt = pending.attempt ?? 1;
  const details = pending.heartbeatDetails?.payloads?.[0]?.data;
  const started = pending.lastStartedTime;
  const queue = pending.activityOptions?.taskQueue?.name;
  return {
    ...(details ? { live: JSON.parse(new TextDecoder().decode(details)) as StageProgress } : {}),
    ...(started || !pending.scheduledTime
      ? {}
      : {
          waiting: {
            stage,
            since: new Date(Number(pending.scheduledTime.seconds ?? 0) * 1000),
            ...(queue ? { queue } : {}),
          },
        }),
    ...(attempt > 1
      ? { retry: { stage, attempt, reason: pending.lastFailure?.message ?? 'no reason given' } }
      : {}),
  };
}
