import { contentState, type ContentState, sha256 } from './content.js';
import { inParallel } from './in-parallel.js';
import type { ObjectStore } from './object-store.js';
import type { ArtifactReference } from './reference.js';
import { readManifest, runKey } from './runs.js';
import { readStageRecord, stageRecordPath } from './stage-record.js';

/** How one object stands that a run needs. */
export interface VerifiedObject {
  readonly key: string;
  /** What it is to the run: `train: weights`, `binge_model.h5`. */
  readonly what: string;
  readonly state: ContentState;
}

/** Objects that are hashed at a time; so many are in memory. */
const requests = 4;

/**
 * Fetches and hashes everything that a run's manifest and the records of its stages name.
 * @throws RunNotFoundError or InvalidManifestError if the manifest itself cannot be read
 */
export async function verifyRun(store: ObjectStore, run: string): Promise<VerifiedObject[]> {
  const { artifacts, stages } = await readManifest(store, run);
  const content = new Map<string, { what: string; reference: ArtifactReference }>();
  const add = (what: string, reference: ArtifactReference) => {
    if (!content.has(reference.key)) content.set(reference.key, { what, reference });
  };
  const records: VerifiedObject[] = [];
  for (const { stage, key, outputs } of stages) {
    const record = await readStageRecord(store, stage, key);
    const path = stageRecordPath(stage, key);
    const state = record ? 'intact' : (await store.head(path)) ? 'altered' : 'missing';
    records.push({ key: path, what: `${stage}: record`, state });
    for (const [name, reference] of Object.entries(outputs)) add(`${stage}: ${name}`, reference);
    // A later run of the stage may have made something else.
    for (const [name, reference] of Object.entries(record?.outputs ?? {}))
      add(`${stage}: ${name}`, reference);
  }
  for (const { name, ...reference } of artifacts) add(name, reference);
  const objects = await inParallel([...content.values()], requests, async ({ what, reference }) => ({
    key: reference.key,
    what,
    state: await contentState(store, reference),
  }));
  const copies = await inParallel(artifacts, requests, async ({ name, ...reference }) => {
    const key = runKey(run, name);
    const bytes = await store.get(key);
    const same = bytes?.length === reference.bytes && sha256(bytes) === reference.sha256;
    const state: ContentState = bytes ? (same ? 'intact' : 'altered') : 'missing';
    return { key, what: name, state };
  });
  return [...records, ...objects, ...copies];
}
