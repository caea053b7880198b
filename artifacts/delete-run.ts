import { InvalidManifestError } from './errors.js';
import type { ObjectStore } from './object-store.js';
import {
  aliasKey,
  latestAlias,
  listAliases,
  listRuns,
  manifestKey,
  readManifest,
  writeAlias,
} from './runs.js';

export interface DeletedRun {
  /** Objects removed under the run's name. */
  readonly objects: number;
  readonly bytes: number;
  /** Aliases that pointed at it, and where they point now; undefined: they are gone. */
  readonly aliases: Readonly<Record<string, string | undefined>>;
}

/** Whether something is left of a run that has no manifest: objects under its name, or an alias. */
export async function isHalfDeleted(store: ObjectStore, run: string): Promise<boolean> {
  const [aliases, objects] = [await listAliases(store), await store.list(`runs/${run}/`)];
  return objects.length > 0 || [...aliases.values()].includes(run);
}

/**
 * Unpublishes a run: its manifest goes first, and with it the run; then the rest under its name. What it was made from
 * stays until a collection finds that nothing needs it.
 */
export async function deleteRun(store: ObjectStore, run: string): Promise<DeletedRun> {
  const manifest = manifestKey(run);
  const objects = await store.list(`runs/${run}/`);
  await store.delete(manifest);
  for (const { key } of objects) if (key !== manifest) await store.delete(key);
  const moved: Record<string, string | undefined> = {};
  for (const [alias, target] of await listAliases(store)) {
    if (target !== run) continue;
    const next = alias === latestAlias ? await newestRun(store) : undefined;
    if (next === undefined) await store.delete(aliasKey(alias));
    else await writeAlias(store, alias, next);
    moved[alias] = next;
  }
  return {
    objects: objects.length,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    aliases: moved,
  };
}

/** The run that was published last; undefined if there is none. */
async function newestRun(store: ObjectStore): Promise<string | undefined> {
  let newest: { readonly run: string; readonly createdAt: string } | undefined;
  for (const run of await listRuns(store)) {
    try {
      const { createdAt } = await readManifest(store, run);
      if (!newest || createdAt > newest.createdAt) newest = { run, createdAt };
    } catch (error) {
      // No alias leads to a run that cannot be read.
      if (!(error instanceof InvalidManifestError)) throw error;
    }
  }
  return newest?.run;
}
