import { isScheduleName } from '../artifacts/names.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import { isPublished } from '../artifacts/recipes.js';
import { type BackfillRequest, backfillsOf, wasTriggered } from '../artifacts/requested-starts.js';
import type { ScheduledStart, StartedBy } from '../workflows/contract.js';
import { withHeartbeat } from './heartbeat.js';

export interface StartRequest {
  readonly run: string;
  readonly schedule: ScheduledStart;
  /** When the server started the run, ISO 8601, UTC. */
  readonly startedAt: string;
  /** Since when the schedule starts runs, ISO 8601, UTC. */
  readonly since?: string;
}

export interface Start {
  readonly startedBy: StartedBy;
  /** Whether a run of this name has been published before this one. */
  readonly isPublished: boolean;
}

/** How far the clock of whoever asks may be from the server's. */
const clockToleranceMs = 60_000;

/**
 * What started a run that came through a schedule. The server does not say: the command line leaves a note of what it
 * asks for (artifacts/requested-starts.ts).
 */
export function startOf(store: ObjectStore, request: StartRequest): Promise<Start> {
  const { run, schedule } = request;
  return withHeartbeat({ stage: 'download', done: 0, unit: 'bytes' }, async () => {
    const notes = isScheduleName(schedule.name)
      ? {
          triggered: await wasTriggered(store, schedule.name, schedule.time),
          backfills: await backfillsOf(store, schedule.name),
        }
      : { triggered: false, backfills: [] };
    return { startedBy: startedBy(request, notes), isPublished: await isPublished(store, run) };
  });
}

/**
 * A hand, if a run was asked for under this very time. A backfill, if the time lies in a range that was asked for before
 * the run started, or before the schedule was there. Else the schedule itself: also where a backfill was asked for
 * otherwise than by the command line, which looks like a time that is caught up with after an outage.
 */
export function startedBy(
  { schedule, startedAt, since }: Omit<StartRequest, 'run'>,
  notes: { readonly triggered: boolean; readonly backfills: readonly BackfillRequest[] },
): StartedBy {
  if (notes.triggered) return 'hand';
  const time = Date.parse(schedule.time);
  const isAskedFor = notes.backfills.some(
    ({ from, to, askedAt }) =>
      Date.parse(from) <= time &&
      time <= Date.parse(to) &&
      Date.parse(askedAt) <= Date.parse(startedAt) + clockToleranceMs,
  );
  const isBeforeSchedule = since !== undefined && time < Date.parse(since) - clockToleranceMs;
  return isAskedFor || isBeforeSchedule ? 'backfill' : 'schedule';
}
