import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { RunProgress, StageProgress } from '../workflows/contract.js';
import { progressQuery } from '../workflows/contract.js';

/** What can be seen of a run from outside at one moment. */
export interface RunSnapshot {
  /** Absent while no data worker answers. */
  readonly progress?: RunProgress;
  /** The stage's own report, from its heartbeat. */
  readonly live?: StageProgress;
  /** A stage that no worker has taken up yet, and since when. */
  readonly waiting?: { readonly stage: string; readonly since: Date };
  /** A stage that is being tried again, and why. */
  readonly retry?: { readonly stage: string; readonly attempt: number; readonly reason: string };
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
  return { ...(progress ? { progress } : {}), ...pendingStage(description) };
}

function pendingStage(description: WorkflowExecutionDescription): Omit<RunSnapshot, 'progress'> {
  const pending = description.raw.pendingActivities?.[0];
  if (!pending) return {};
  const stage = pending.activityType?.name ?? 'stage';
  const attempt = pending.attempt ?? 1;
  const details = pending.heartbeatDetails?.payloads?.[0]?.data;
  const started = pending.lastStartedTime;
  return {
    ...(details ? { live: JSON.parse(new TextDecoder().decode(details)) as StageProgress } : {}),
    ...(started || !pending.scheduledTime
      ? {}
      : { waiting: { stage, since: new Date(Number(pending.scheduledTime.seconds ?? 0) * 1000) } }),
    ...(attempt > 1
      ? { retry: { stage, attempt, reason: pending.lastFailure?.message ?? 'no reason given' } }
      : {}),
  };
}
