import type { Client } from '@temporalio/client';
import { loadTemporalSettings } from '../adapters/settings.js';
import { connectClient } from '../adapters/temporal.js';
import { isRunName, isScheduleName } from '../artifacts/names.js';
import { readManifest, resolveRun } from '../artifacts/runs.js';
import type { Outcome } from '../workflows/contract.js';
import type { Suggestion } from './completions.js';
import { withStore } from './connections.js';
import type { KnownNames } from './known-names.js';
import { formatBytes, shortTime } from './output.js';
import { runQuery } from './run-query.js';
import { runRows } from './run-rows.js';
import { ownSchedules } from './schedule-store.js';
import { whenOf } from './show-schedule.js';

/** More are no help to anybody who chooses. */
const most = 50;

/**
 * Names as Temporal and the store know them, runs newest first, each with a few words about it. Anything can be named
 * anything there: only what StreamSage itself takes for a name goes out, in which no shell sees more than letters.
 * @throws where a server is not configured, does not answer or refuses
 */
export async function lookUpNames(names: KnownNames): Promise<Suggestion[]> {
  if (names.of === 'artifacts') return artifactsOf(names.run);
  return withTemporal((client) =>
    names.of === 'schedules' ? schedules(client) : runs(client, names.outcomes ?? [undefined]),
  );
}

/** Unlike `withConnections`, without the store: nobody need have configured it. */
async function withTemporal<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = await connectClient({ temporal: loadTemporalSettings() });
  try {
    return await work(client);
  } finally {
    await client.connection.close();
  }
}

async function runs(client: Client, outcomes: readonly (Outcome | undefined)[]): Promise<Suggestion[]> {
  const rows = await Promise.all(
    outcomes.map((outcome) => runRows(client, runQuery(outcome === undefined ? {} : { outcome }), most)),
  );
  return rows
    .flat()
    .filter(({ run }) => isRunName(run))
    .sort((one, other) => other.started.localeCompare(one.started))
    .slice(0, most)
    .map(({ run, status, started }) => ({ value: run, description: `${status}, ${shortTime(started)}` }));
}

async function schedules(client: Client): Promise<Suggestion[]> {
  const found: Suggestion[] = [];
  for await (const { scheduleId, spec, state } of ownSchedules(client)) {
    if (!isScheduleName(scheduleId)) continue;
    const when = state.paused || !spec ? 'paused' : whenOf(spec);
    found.push({ value: scheduleId, description: /^[\x20-\x7e]*$/.test(when) ? when : '' });
    if (found.length >= most) break;
  }
  return found;
}

async function artifactsOf(name: string): Promise<Suggestion[]> {
  const { artifacts } = await withStore(async (store) => readManifest(store, await resolveRun(store, name)));
  return [
    ...artifacts.map(({ name: value, bytes }) => ({ value, description: formatBytes(bytes) })),
    { value: 'manifest.json', description: 'what the run was made from, and by what' },
  ];
}
