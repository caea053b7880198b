import { RunNotFoundError } from './errors.js';
import { inParallel, storeRequests } from './in-parallel.js';
import { parseJson } from './json.js';
import { isRunName } from './names.js';
import type { ObjectStore, StoredObject } from './object-store.js';
import { referenceSchema } from './reference.js';
import { listAliases, readManifest, runOfManifest } from './runs.js';
import { parseStageRecord, stageRecordPath } from './stage-record.js';

/** What the store holds, and what names what. Keys only: it grows with the number of objects, not with their size. */
export interface Inventory {
  readonly content: readonly StoredObject[];
  readonly records: readonly StoredObject[];
  readonly finishedTrainings: readonly StoredObject[];
  readonly checkpoints: readonly StoredObject[];
  readonly runFiles: readonly StoredObject[];
  /** Published runs. */
  readonly runs: ReadonlyMap<string, RunNeeds>;
  /** Runs that aliases point at. */
  readonly aliased: ReadonlySet<string>;
  /** Content that a note names which is neither record nor manifest (what a source gave last, a schedule's start). */
  readonly noted: ReadonlySet<string>;
}

/** What a published run needs. */
export interface RunNeeds {
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Keys of content. */
  readonly content: readonly string[];
  /** Keys of stage records. */
  readonly records: readonly string[];
}

/** Notes larger than this are not the ledger's. */
const largestNote = 1 << 16;

const contentPattern = /^objects\/sha256\/([0-9a-f]{2})\/\1[0-9a-f]{62}$/;
const contentInText = /objects\/sha256\/[0-9a-f]{2}\/[0-9a-f]{64}/g;
const recordPattern = /^records\/[^/]+\/[0-9a-f]{64}\.json$/;
const finishedPattern = /^trainings\/[0-9a-f]{64}\/\d{8}\.json$/;
const checkpointPattern = /^checkpoints\/[0-9a-f]{64}\/[^/]+\/[^/]+$/;
const runFilePattern = /^runs\/([^/]+)\/.+$/;

/**
 * Lists the store and reads what names other things.
 * @throws InvalidManifestError or InvalidAliasError if one cannot be read: what it needs is then not known
 */
export async function takeInventory(store: ObjectStore): Promise<Inventory> {
  const all = await store.list('');
  const matching = (pattern: RegExp) => all.filter(({ key }) => pattern.test(key));
  const runFiles = all.filter(({ key }) => isRunName(runFilePattern.exec(key)?.[1] ?? ''));
  const published = runFiles.flatMap(({ key }) => runOfManifest(key) ?? []);
  const ofTheLedger = /^(objects|records|trainings|checkpoints|runs|aliases)\/|^collecting\.json$/;
  const notes = all.filter(({ key, bytes }) => !ofTheLedger.test(key) && bytes <= largestNote);
  return {
    content: matching(contentPattern),
    records: matching(recordPattern),
    finishedTrainings: matching(finishedPattern),
    checkpoints: matching(checkpointPattern),
    runFiles,
    runs: new Map((await inParallel(published, storeRequests, (run) => needsOf(store, run))).flat()),
    aliased: new Set((await listAliases(store)).values()),
    noted: new Set(
      (
        await inParallel(notes, storeRequests, async ({ key }) => contentNamedIn(await store.get(key)))
      ).flat(),
    ),
  };
}

/** What each of these records names, by the record's key; one that cannot be read names nothing. */
export async function contentOfRecords(
  store: ObjectStore,
  keys: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const named = await inParallel(keys, storeRequests, async (key) => {
    const bytes = await store.get(key);
    const record = bytes && parseStageRecord(bytes);
    return [key, Object.values(record?.outputs ?? {}).map((output) => output.key)] as const;
  });
  return new Map(named);
}

/** The state that each of these finished trainings ended with, by key. */
export async function contentOfTrainings(
  store: ObjectStore,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const named = await inParallel(keys, storeRequests, async (key) => {
    const bytes = await store.get(key);
    const reference = bytes && parseJson(referenceSchema, bytes);
    return [key, reference?.key ?? ''] as const;
  });
  return new Map(named);
}

async function needsOf(store: ObjectStore, run: string): Promise<[string, RunNeeds][]> {
  try {
    const { createdAt, artifacts, stages } = await readManifest(store, run);
    const outputs = stages.flatMap((stage) => Object.values(stage.outputs));
    const content = [...artifacts, ...outputs].map(({ key }) => key);
    const records = stages.map(({ stage, key }) => stageRecordPath(stage, key));
    return [[run, { createdAt, content, records }]];
  } catch (error) {
    // Deleted since it was listed.
    if (error instanceof RunNotFoundError) return [];
    throw error;
  }
}

function contentNamedIn(bytes: Uint8Array | undefined): string[] {
  return bytes ? (new TextDecoder().decode(bytes).match(contentInText) ?? []) : [];
}
