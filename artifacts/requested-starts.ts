import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { parseJson, putJson } from './json.js';
import { checkScheduleName } from './names.js';
import type { ObjectStore } from './object-store.js';

/**
 * What somebody asked of a schedule beside its own times. A run that a schedule starts is not told why; it reads these
 * (activities/start-of.ts). All times are ISO 8601, UTC.
 */

/** A range of past times to run, its ends included. */
export interface BackfillRequest {
  readonly from: string;
  readonly to: string;
  readonly askedAt: string;
}

const time = z.iso.datetime();
const triggerSchema = z.object({ time });
const backfillSchema: z.ZodType<BackfillRequest> = z.object({ from: time, to: time, askedAt: time });

/**
 * Notes that a run is asked for now.
 * @param time the one the run is started under, to the second
 * @returns takes the note back
 */
export async function noteTrigger(
  store: ObjectStore,
  schedule: string,
  time: string,
): Promise<() => Promise<void>> {
  const key = triggerPath(schedule, time);
  await putJson(store, key, { time });
  return () => store.delete(key);
}

/** Notes that past times are to be run. @returns takes the note back */
export async function noteBackfill(
  store: ObjectStore,
  schedule: string,
  request: BackfillRequest,
): Promise<() => Promise<void>> {
  const key = `${folder(schedule)}backfills/${digits(request.askedAt)}-${randomBytes(4).toString('hex')}.json`;
  await putJson(store, key, request);
  return () => store.delete(key);
}

/** Whether a run under this time was asked for. */
export async function wasTriggered(store: ObjectStore, schedule: string, time: string): Promise<boolean> {
  const bytes = await store.get(triggerPath(schedule, time));
  return bytes !== undefined && parseJson(triggerSchema, bytes)?.time === time;
}

/** What was asked to be run of a schedule's past; what cannot be read is left out. */
export async function backfillsOf(store: ObjectStore, schedule: string): Promise<BackfillRequest[]> {
  const requests: BackfillRequest[] = [];
  for (const { key } of await store.list(`${folder(schedule)}backfills/`)) {
    const bytes = await store.get(key);
    const request = bytes && parseJson(backfillSchema, bytes);
    if (request) requests.push(request);
  }
  return requests;
}

/** Forgets all that was asked of a schedule. */
export async function forgetRequests(store: ObjectStore, schedule: string): Promise<void> {
  for (const { key } of await store.list(folder(schedule))) await store.delete(key);
}

function triggerPath(schedule: string, time: string): string {
  return `${folder(schedule)}triggers/${digits(time)}.json`;
}

function folder(schedule: string): string {
  checkScheduleName(schedule);
  return `schedules/${schedule}/`;
}

/** `2026-11-25T02:00:00Z` → `20261125T020000Z`. */
function digits(time: string): string {
  return time.replace(/[-:.]/g, '');
}
