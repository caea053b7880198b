import { createHash } from 'node:crypto';
import { z } from 'zod';
import { contentState, objectKey } from './content.js';
import { parseJson, putJson } from './json.js';
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

/** Numbers and words by name: parameters, facts. */
export const valuesSchema = z.record(z.string(), z.union([z.number(), z.string()]));
/** The fields of an identity, and the key that is made of it. */
export const identityFields = {
  stage: z.string(),
  version: z.int(),
  parameters: valuesSchema,
  inputs: z.record(z.string(), z.string()),
  key: z.string(),
};
const recordSchema: z.ZodType<StageRecord> = z.object({
  ...identityFields,
  outputs: z.record(z.string(), referenceSchema),
  facts: valuesSchema,
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

/** Where a stage's record lies. */
export function stageRecordPath(stage: string, key: string): string {
  return `records/${stage}/${key}.json`;
}

/** How the record of a stage's identity stands. */
export type StageLookup =
  | { readonly state: 'intact'; readonly record: StageRecord }
  | { readonly state: 'none' }
  /** There is one that cannot be relied on; `damage` says why. */
  | { readonly state: 'damaged'; readonly damage: string };

/**
 * Looks for the record of a stage that has run before with the same identity. Every output is fetched and hashed: a
 * record counts only if all it names is there intact. One that is damaged is mended by running the stage again.
 * @param outputs names of what the stage makes: a record that does not have them all cannot be relied on
 */
export async function findStageRecord(
  store: ObjectStore,
  stage: string,
  key: string,
  outputs: readonly string[] = [],
): Promise<StageLookup> {
  const bytes = await store.get(stageRecordPath(stage, key));
  if (!bytes) return { state: 'none' };
  const record = parseJson(recordSchema, bytes);
  if (!record || record.stage !== stage || record.key !== key || stageKey(record) !== key) {
    return { state: 'damaged', damage: 'its record cannot be read, or is not the one it is named for' };
  }
  const unnamed = outputs.filter((name) => !Object.hasOwn(record.outputs, name));
  if (unnamed.length > 0) {
    return { state: 'damaged', damage: `its record does not name \`${unnamed.join('`, `')}\`` };
  }
  const damages: string[] = [];
  for (const [name, output] of Object.entries(record.outputs)) {
    if (output.key !== objectKey(output.sha256)) {
      return { state: 'damaged', damage: `its record leads elsewhere: output \`${name}\`` };
    }
    const state = await contentState(store, output);
    if (state !== 'intact') damages.push(`\`${name}\` is ${state}`);
  }
  if (damages.length === 0) return { state: 'intact', record };
  return { state: 'damaged', damage: `of what run ${record.run} made ${damages.join(', ')}` };
}

/** A stage's record as it is, whether or not its outputs are there; undefined if there is none that can be read. */
export async function readStageRecord(
  store: ObjectStore,
  stage: string,
  key: string,
): Promise<StageRecord | undefined> {
  const bytes = await store.get(stageRecordPath(stage, key));
  const record = bytes && parseStageRecord(bytes);
  return record?.stage === stage && record.key === key ? record : undefined;
}

/** What bytes say of a stage, if they are a record. */
export function parseStageRecord(bytes: Uint8Array): StageRecord | undefined {
  const record = parseJson(recordSchema, bytes);
  return record && stageKey(record) === record.key ? record : undefined;
}

export function writeStageRecord(store: ObjectStore, record: StageRecord): Promise<void> {
  return putJson(store, stageRecordPath(record.stage, record.key), record, 'indented');
}
