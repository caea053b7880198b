import { isOwnerKey } from './checkpoints.js';
import type { Inventory, RunNeeds } from './inventory.js';
import type { StoredObject } from './object-store.js';
import { runOfManifest } from './runs.js';

/** What is needed beside what the store itself says. */
export interface OutsideNeeds {
  /** Runs that have not ended. */
  readonly openRuns: ReadonlySet<string>;
  /** Keys of content that inputs of open runs and of schedules name. */
  readonly content: ReadonlySet<string>;
  /** Published runs that a schedule's input names. */
  readonly runs: ReadonlySet<string>;
}

export interface CollectionPolicy {
  /** Nothing that was written later than this is removed: something that is being made may be about to name it. */
  readonly writtenBefore: Date;
  /** Lets go of published runs beyond the newest so many. */
  readonly keepRuns?: number;
  /** Lets go of published runs that are older. With `keepRuns`, both must be so. */
  readonly publishedBefore?: Date;
}

export type RemovalKind = 'run' | 'unpublished' | 'record' | 'training' | 'checkpoint' | 'content';

export interface Removal {
  readonly kind: RemovalKind;
  readonly key: string;
  readonly bytes: number;
}

export interface CollectionPlan {
  /** Runs that have not ended. With any, all records are kept, and no published run is let go of. */
  readonly openRuns: readonly string[];
  readonly keptRuns: readonly string[];
  /** Published runs that are let go of, the newest first. */
  readonly releasedRuns: readonly string[];
  /** Whether a released run still waits for the open ones to end. */
  readonly postponedRuns: readonly string[];
  /** In the order of removal: what names goes before what is named, so that a plan cut off anywhere leaves a whole store. */
  readonly removals: readonly Removal[];
}

/** Names of published runs by what becomes of them. */
export function chooseRuns(
  runs: ReadonlyMap<string, RunNeeds>,
  aliased: ReadonlySet<string>,
  outside: OutsideNeeds,
  { keepRuns, publishedBefore }: CollectionPolicy,
): Pick<CollectionPlan, 'keptRuns' | 'releasedRuns' | 'postponedRuns'> {
  const newestFirst = [...runs].sort(
    ([nameA, a], [nameB, b]) => compare(b.createdAt, a.createdAt) || compare(nameB, nameA),
  );
  const kept: string[] = [];
  const released: string[] = [];
  for (const [index, [run, { createdAt }]] of newestFirst.entries()) {
    const asked = keepRuns !== undefined || publishedBefore !== undefined;
    const beyond = keepRuns === undefined || index >= keepRuns;
    // A time that is none is never before another.
    const old = publishedBefore === undefined || Date.parse(createdAt) < publishedBefore.getTime();
    const needed = aliased.has(run) || outside.runs.has(run) || outside.openRuns.has(run);
    (asked && beyond && old && !needed ? released : kept).push(run);
  }
  if (outside.openRuns.size === 0) return { keptRuns: kept, releasedRuns: released, postponedRuns: [] };
  return { keptRuns: [...runs.keys()], releasedRuns: [], postponedRuns: released };
}

/** The records that stay: with open runs all, else the young ones and those that kept runs name. */
export function keptRecords(
  inventory: Inventory,
  keptRuns: readonly string[],
  outside: OutsideNeeds,
  { writtenBefore }: CollectionPolicy,
): string[] {
  if (outside.openRuns.size > 0) return inventory.records.map(({ key }) => key);
  const named = new Set(keptRuns.flatMap((run) => inventory.runs.get(run)?.records ?? []));
  const kept = inventory.records.filter(({ key, modified }) => named.has(key) || modified > writtenBefore);
  return kept.map(({ key }) => key);
}

/**
 * Marks what is needed and plans to remove the rest.
 * @param recordContent what the kept records name
 * @param trainingContent what each finished training names
 */
export function planCollection(
  inventory: Inventory,
  chosen: Pick<CollectionPlan, 'keptRuns' | 'releasedRuns' | 'postponedRuns'>,
  recordContent: ReadonlyMap<string, readonly string[]>,
  trainingContent: ReadonlyMap<string, string>,
  outside: OutsideNeeds,
  { writtenBefore }: CollectionPolicy,
): CollectionPlan {
  const old = ({ modified }: StoredObject) => modified <= writtenBefore;
  const removals: Removal[] = [];
  const remove = (kind: RemovalKind, objects: readonly StoredObject[]) => {
    for (const { key, bytes } of objects) removals.push({ kind, key, bytes });
  };

  const released = new Set(chosen.releasedRuns);
  const ofReleased = inventory.runFiles.filter(({ key }) => released.has(runOf(key)));
  remove('run', firstsAndRest(ofReleased).flat());
  const unpublished = inventory.runFiles.filter(
    (file) => !inventory.runs.has(runOf(file.key)) && !outside.openRuns.has(runOf(file.key)) && old(file),
  );
  remove('unpublished', unpublished);
  const unneededRecords = inventory.records.filter(({ key }) => !recordContent.has(key));
  remove('record', unneededRecords);
  remove('checkpoint', staleCheckpoints(inventory.checkpoints, outside.openRuns, old));

  const needed = new Set<string>([...outside.content, ...inventory.noted]);
  for (const run of chosen.keptRuns)
    for (const key of inventory.runs.get(run)?.content ?? []) needed.add(key);
  for (const keys of recordContent.values()) for (const key of keys) needed.add(key);
  const content = inventory.content.filter((object) => !needed.has(object.key) && old(object));
  const goneContent = new Set(content.map(({ key }) => key));
  const stored = new Set(inventory.content.map(({ key }) => key));
  const stays = (key: string) => stored.has(key) && !goneContent.has(key);
  const trainings = inventory.finishedTrainings.filter(
    (training) => !stays(trainingContent.get(training.key) ?? '') && old(training),
  );
  remove('training', trainings);
  remove('content', content);
  return { ...chosen, openRuns: [...outside.openRuns].sort(), removals };
}

/** Whole folders of runs that have ended and have written nothing of late; who may write them goes first. */
function staleCheckpoints(
  checkpoints: readonly StoredObject[],
  openRuns: ReadonlySet<string>,
  old: (object: StoredObject) => boolean,
): StoredObject[] {
  const folders = new Map<string, StoredObject[]>();
  for (const object of checkpoints) {
    const folder = object.key.slice(0, object.key.lastIndexOf('/') + 1);
    const run = folder.split('/')[2] ?? '';
    if (!openRuns.has(run)) folders.set(folder, [...(folders.get(folder) ?? []), object]);
  }
  const stale = [...folders.values()].filter((objects) => objects.every(old));
  return stale.flatMap((objects) => firstsAndRest(objects).flat());
}

/** What makes a run or a checkpoint be there (its manifest, its owner), and all that goes after it. */
export function firstsAndRest<Item extends { readonly key: string }>(
  items: readonly Item[],
): [Item[], Item[]] {
  const goesFirst = ({ key }: Item) => runOfManifest(key) !== undefined || isOwnerKey(key);
  return [items.filter(goesFirst), items.filter((item) => !goesFirst(item))];
}

function runOf(key: string): string {
  return key.split('/')[1] ?? '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
