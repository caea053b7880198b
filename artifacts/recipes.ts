import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InvalidManifestError, RunNotFoundError } from './errors.js';
import { parseJson, putJson } from './json.js';
import type { ObjectStore } from './object-store.js';
import { readManifest } from './runs.js';

/** What decides all that a run publishes: the data, what is done with it, by which code. */
export interface RecipeIdentity {
  /** SHA-256 of the ratings. */
  readonly ratings: string;
  /** Every parameter, resolved. */
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
  /** Version of each stage, by its name. */
  readonly stageVersions: Readonly<Record<string, number>>;
}

const recordSchema = z.object({
  key: z.string(),
  ratings: z.string(),
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  stageVersions: z.record(z.string(), z.int()),
  run: z.string(),
});

/** Equal identities, equal keys: SHA-256 of the identity as JSON with sorted names. */
export function recipeKey({ ratings, parameters, stageVersions }: RecipeIdentity): string {
  const sorted = (record: Readonly<Record<string, unknown>>) =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  const canonical = JSON.stringify([ratings, sorted(parameters), sorted(stageVersions)]);
  return createHash('sha256').update(canonical).digest('hex');
}

/** Notes which run has published this recipe last. The run's manifest is there already. */
export async function writeRecipe(store: ObjectStore, identity: RecipeIdentity, run: string): Promise<void> {
  const key = recipeKey(identity);
  await putJson(store, recipePath(key), { key, ...identity, run }, 'indented');
}

/**
 * The run that has published this recipe last. A record that cannot be read, or whose run is not there any more, counts
 * as none.
 */
export async function findPublishedRecipe(
  store: ObjectStore,
  identity: RecipeIdentity,
): Promise<string | undefined> {
  const key = recipeKey(identity);
  const bytes = await store.get(recipePath(key));
  const record = bytes && parseJson(recordSchema, bytes);
  if (!record || record.key !== key || recipeKey(record) !== key) return undefined;
  return (await isPublished(store, record.run)) ? record.run : undefined;
}

/** Whether a run's manifest is there, and can be read. */
export async function isPublished(store: ObjectStore, run: string): Promise<boolean> {
  try {
    await readManifest(store, run);
    return true;
  } catch (error) {
    if (error instanceof RunNotFoundError || error instanceof InvalidManifestError) return false;
    throw error;
  }
}

function recipePath(key: string): string {
  return `recipes/${key}.json`;
}
