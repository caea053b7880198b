import { z } from 'zod';
import { hasContent, objectKey, sha256 } from './content.js';
import { parseJson, putJson } from './json.js';
import type { ObjectStore } from './object-store.js';
import { type ArtifactReference, referenceSchema } from './reference.js';

/** What a source gave when it was last asked, and what it said of that version. */
export interface SourceMemory {
  /** `https://…` or `s3://…`, without any secret. */
  readonly address: string;
  readonly etag?: string;
  readonly lastModified?: string;
  readonly ratings: ArtifactReference;
  /** Name of the run that fetched it. */
  readonly run: string;
  /** SHA-256 of the ratings before that, if there were any. */
  readonly previous?: string;
}

const memorySchema: z.ZodType<SourceMemory> = z.object({
  address: z.string(),
  etag: z.string().max(1000).exactOptional(),
  lastModified: z.string().max(100).exactOptional(),
  ratings: referenceSchema,
  run: z.string(),
  previous: z.string().exactOptional(),
});

function memoryPath(address: string): string {
  return `sources/${sha256(new TextEncoder().encode(address))}.json`;
}

/**
 * What is remembered of a source; undefined if nothing is, if it cannot be read, or if the ratings are no longer there:
 * the source is then asked as for the first time.
 */
export async function recallSource(store: ObjectStore, address: string): Promise<SourceMemory | undefined> {
  const bytes = await store.get(memoryPath(address));
  const memory = bytes && parseJson(memorySchema, bytes);
  if (memory?.address !== address) return undefined;
  const { key, sha256: digest } = memory.ratings;
  if (key !== objectKey(digest)) return undefined;
  return (await hasContent(store, memory.ratings)) ? memory : undefined;
}

export function rememberSource(store: ObjectStore, memory: SourceMemory): Promise<void> {
  return putJson(store, memoryPath(memory.address), memory, 'indented');
}
