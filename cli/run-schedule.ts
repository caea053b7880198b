import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { encodeScheduleOverlapPolicy } from '@temporalio/client/lib/schedule-types.js';
import { optionalDateToTs, tsToMs } from '@temporalio/common/lib/time.js';
import { noteBackfill, noteTrigger } from '../artifacts/requested-starts.js';
import { wholeSeconds } from '../workflows/plain-text.js';
import type { Connections } from './connections.js';
import { UsageError } from './exit-codes.js';
import { findWorkflow } from './find-workflow.js';
import { type OverlapName, overlaps } from './schedule-flags.js';
import { existingSchedule } from './schedule-store.js';

/** How long a triggered run may take to be there. */
const startMs = 10_000;

/**
 * Starts a run of a schedule now, beside any other. The time it is started under is chosen here, so that the run knows
 * from a note in the store that somebody asked for it.
 * @returns the run's name, and whether it is there
 * @throws UnknownScheduleError, UsageError
 */
export async function trigger(
  { client, store }: Connections,
  name: string,
): Promise<{ readonly run: string; readonly isStarted: boolean }> {
  const { description } = await existingSchedule({ client }, name);
  const time = new Date(Math.floor(Date.now() / 1000) * 1000);
  const runAt = () => `${description.action.workflowId}-${wholeSeconds(time)}`;
  while (await findWorkflow(client, runAt())) time.setSeconds(time.getSeconds() + 1);
  const run = runAt();
  const takeBack = await noteTrigger(store, name, wholeSeconds(time));
  try {
    await client.workflowService.patchSchedule({
      namespace: client.options.namespace,
      scheduleId: name,
      requestId: randomUUID(),
      patch: {
        triggerImmediately: {
          overlapPolicy: encodeScheduleOverlapPolicy(overlaps['allow-all'])!,
          scheduledTime: optionalDateToTs(time)!,
        },
      },
    });
  } catch (error) {
    await takeBack();
    throw error;
  }
  return { run, isStarted: await isThereSoon(client, run) };
}

/**
 * Starts the runs that were due in a range of the past, its ends included.
 * @returns the times they are started for, ISO 8601, UTC; of very many the first thousand
 * @throws UsageError if none was due; UnknownScheduleError
 */
export async function backfill(
  { client, store }: Connections,
  name: string,
  { from, to, overlap }: { readonly from: Date; readonly to: Date; readonly overlap: OverlapName },
): Promise<string[]> {
  const { handle } = await existingSchedule({ client }, name);
  const { startTime } = await client.workflowService.listScheduleMatchingTimes({
    namespace: client.options.namespace,
    scheduleId: name,
    // The server leaves out the first moment here, not when it fills in.
    startTime: optionalDateToTs(new Date(from.getTime() - 1))!,
    endTime: optionalDateToTs(to)!,
  });
  const times = startTime.map((time) => wholeSeconds(new Date(tsToMs(time))));
  if (times.length === 0) {
    throw new UsageError(
      `Expected \`--from\` and \`--to\` to have a time between them at which ${name} is due, got none from ` +
        `${from.toISOString()} to ${to.toISOString()}`,
    );
  }
  const request = { from: from.toISOString(), to: to.toISOString(), askedAt: new Date().toISOString() };
  const takeBack = await noteBackfill(store, name, request);
  try {
    await handle.backfill({ start: from, end: to, overlap: overlaps[overlap] });
  } catch (error) {
    await takeBack();
    throw error;
  }
  return times;
}

async function isThereSoon(client: Client, run: string): Promise<boolean> {
  const deadline = Date.now() + startMs;
  for (;;) {
    if (await findWorkflow(client, run)) return true;
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
