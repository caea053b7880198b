import { beginCollection, type CollectionTiming, usualTiming } from './collecting.js';
import {
  chooseRuns,
  type CollectionPlan,
  type CollectionPolicy,
  firstsAndRest,
  keptRecords,
  type OutsideNeeds,
  planCollection,
} from './collection-plan.js';
import { inParallel, storeRequests } from './in-parallel.js';
import { contentOfRecords, contentOfTrainings, takeInventory } from './inventory.js';
import type { ObjectStore } from './object-store.js';

export interface CollectionRequest {
  /** Nothing younger is removed, milliseconds. */
  readonly graceMs: number;
  readonly keepRuns?: number;
  readonly publishedBefore?: Date;
}

/** Asks what is needed beside what the store says: open runs, schedules. */
export type AskOutside = () => Promise<OutsideNeeds>;

/** What a collection would remove now. Removes nothing, and holds up nobody. */
export function previewCollection(
  store: ObjectStore,
  askOutside: AskOutside,
  request: CollectionRequest,
): Promise<CollectionPlan> {
  return makePlan(store, askOutside, request, new Date());
}

/**
 * Removes what nothing needs. Safe beside runs that go on, and when it is killed: the next one finishes.
 * @throws StoreBeingCleanedError if another collection is going on; CollectionLostError; InvalidManifestError or
 *   InvalidAliasError if what is needed cannot be told
 */
export async function collectGarbage(
  store: ObjectStore,
  askOutside: AskOutside,
  request: CollectionRequest,
  timing: CollectionTiming = usualTiming,
): Promise<CollectionPlan> {
  const collection = await beginCollection(store, timing);
  try {
    const plan = await makePlan(store, askOutside, request, collection.began);
    // Kind after kind: nothing is removed while something that names it may still be there.
    const kinds = [...new Set(plan.removals.map(({ kind }) => kind))];
    for (const kind of kinds) {
      const ofKind = plan.removals.filter((removal) => removal.kind === kind);
      for (const batch of firstsAndRest(ofKind)) {
        await inParallel(batch, storeRequests, async ({ key }) => {
          collection.check();
          await store.delete(key);
        });
      }
    }
    return plan;
  } finally {
    await collection.end();
  }
}

async function makePlan(
  store: ObjectStore,
  askOutside: AskOutside,
  { graceMs, keepRuns, publishedBefore }: CollectionRequest,
  now: Date,
): Promise<CollectionPlan> {
  const policy: CollectionPolicy = {
    writtenBefore: new Date(now.getTime() - graceMs),
    ...(keepRuns === undefined ? {} : { keepRuns }),
    ...(publishedBefore === undefined ? {} : { publishedBefore }),
  };
  // Asked before the store is listed: what a run that ends in between has published is then in the list.
  const outside = await askOutside();
  const inventory = await takeInventory(store);
  const chosen = chooseRuns(inventory.runs, inventory.aliased, outside, policy);
  const records = await contentOfRecords(store, keptRecords(inventory, chosen.keptRuns, outside, policy));
  const trainings = await contentOfTrainings(
    store,
    inventory.finishedTrainings.map(({ key }) => key),
  );
  return planCollection(inventory, chosen, records, trainings, outside, policy);
}
