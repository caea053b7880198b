import { createHash } from 'node:crypto';
import { z } from 'zod';
import { hasContent } from './content.js';
import { parseJson } from './json.js';
import type { ObjectStore } from './object-store.js';
import { type ArtifactReference, referenceSchema } from './reference.js';

/** What decides a stage's result. */
export interface StageIdentity {
  readonly stage: string;
  readonly version: number;
  readonly parameters: Readonly<Record<string, number | string>>;
  /** SHA-256 of each input, by name. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** What a stage made, and which run made it first. */
export interface StageRecord extends StageIdentity {
  readonly key: string;
  readonly outputs: Readonly<Record<string, ArtifactReference>>;
  readonly facts: Readonly<Record<string, number | string>>;
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

const values = z.record(z.string(), z.union([z.number(), z.string()]));
const recordSchema: z.ZodType<StageRecord> = z.object({
  stage: z.string(),
  version: z.int(),
  parameters: values,
  inputs: z.record(z.string(), z.string()),
  key: z.string(),
  outputs: z.record(z.string(), referenceSchema),
  facts: values,
  run: z.string(),
  createdAt: z.string(),
});

/** Equal identities, equal keys: SHA-256 of the identity as JSON with sorted names. */
export function stageKey({ stage, version, parameters, inputs }: StageIdentity): string {
  const sorted = (record: Readonly<Record<string, number | string>>) =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  const canonical = JSON.stringify([stage, version, sorted(parameters), sorted(inputs)]);
  return createHash('sha256').update(canonical).digest('hex');
}

function recordPath(stage: string, key: string): string {
  return `records/${stage}/${key}.json`;
}

/**
 * The record of a stage that has run before with the same identity. A record that cannot be read, or whose outputs are
 * not there intact, counts as none: the stage then runs and mends it.
 */
export async function findStageRecord(
  store: ObjectStore,
  stage: string,
  key: string,
): Promise<StageRecord | undefined> {
  const record = await readRecord(store, recordPath(stage, key));
  if (!record || record.stage !== stage || record.key !== key || stageKey(record) !== key) return undefined;
  for (const output of Object.values(record.outputs)) {
    if (output.key !== `objects/sha256/${output.sha256.slice(0, 2)}/${output.sha256}`) return undefined;
    if (!(await hasContent(store, output))) return undefined;
  }
  return record;
}

export async function writeStageRecord(store: ObjectStore, record: StageRecord): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(record, undefined, 2)}\n`);
  await store.put(recordPath(record.stage, record.key), bytes, 'application/json');
}

async function readRecord(store: ObjectStore, path: string): Promise<StageRecord | undefined> {
  const bytes = await store.get(path);
  return bytes && parseJson(recordSchema, bytes);
}
