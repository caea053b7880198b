import { z } from 'zod';
import { parseJson, putJson } from './json.js';
import type { ObjectStore } from './object-store.js';
import { identityFields, type StageIdentity } from './stage-record.js';

// records/<stage>.recent.json   the latest identities of a stage, the newest first
//
// To say why a stage ran it is compared with those before it, without listing thousands of records. It explains and
// decides nothing: an update that is lost, or a file that cannot be read, costs an explanation.

/** How many are remembered. */
const kept = 20;

/** What a stage was that ran, and for which run. */
export interface RecentStage extends StageIdentity {
  readonly key: string;
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

const indexSchema: z.ZodType<{ readonly recent: readonly RecentStage[] }> = z.object({
  recent: z.array(z.object({ ...identityFields, run: z.string(), createdAt: z.string() })).max(kept),
});

function indexPath(stage: string): string {
  return `records/${stage}.recent.json`;
}

/** The latest of a stage's identities, the newest first; none if they cannot be read. */
export async function recentStages(store: ObjectStore, stage: string): Promise<readonly RecentStage[]> {
  const bytes = await store.get(indexPath(stage));
  const index = bytes && parseJson(indexSchema, bytes);
  return index?.recent.filter((recent) => recent.stage === stage) ?? [];
}

/** Puts one first among those that are known already. */
export async function rememberStage(
  store: ObjectStore,
  known: readonly RecentStage[],
  { stage, version, parameters, inputs, key, run, createdAt }: RecentStage,
): Promise<void> {
  const others = known.filter((recent) => recent.key !== key);
  const first = { stage, version, parameters, inputs, key, run, createdAt };
  const recent = [first, ...others].slice(0, kept);
  await putJson(store, indexPath(stage), { recent });
}
