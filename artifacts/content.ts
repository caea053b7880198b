import { createHash } from 'node:crypto';
import { ArtifactCorruptError, ArtifactMissingError, InvalidReferenceError } from './errors.js';
import type { ObjectStore } from './object-store.js';
import type { ArtifactReference } from './reference.js';

const sha256Pattern = /^[0-9a-f]{64}$/;

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Where bytes of this digest live: `objects/sha256/ab/ab…`. */
export function objectKey(digest: string): string {
  return `objects/sha256/${digest.slice(0, 2)}/${digest}`;
}

function referenceTo(bytes: Uint8Array): ArtifactReference {
  const digest = sha256(bytes);
  return { key: objectKey(digest), sha256: digest, bytes: bytes.length };
}

/**
 * Stores bytes under their digest. Bytes that are there already are not sent again; a damaged object is replaced.
 */
export async function putContent(
  store: ObjectStore,
  bytes: Uint8Array,
  contentType: string,
): Promise<ArtifactReference> {
  const reference = referenceTo(bytes);
  if (!(await hasContent(store, reference))) await store.put(reference.key, bytes, contentType);
  return reference;
}

/**
 * Stores bytes under their digest and sends them even if they are there: their age begins anew, so that they outlive a
 * collection (collecting.ts) until something names them.
 */
export async function putFreshContent(
  store: ObjectStore,
  bytes: Uint8Array,
  contentType: string,
): Promise<ArtifactReference> {
  const reference = referenceTo(bytes);
  await store.put(reference.key, bytes, contentType);
  return reference;
}

/**
 * Fetches bytes and checks that they are the ones referred to.
 * @throws InvalidReferenceError, ArtifactMissingError, ArtifactCorruptError
 */
export async function getContent(store: ObjectStore, reference: ArtifactReference): Promise<Uint8Array> {
  checkReference(reference);
  const bytes = await store.get(reference.key);
  if (!bytes) throw missingContent(reference);
  const digest = sha256(bytes);
  if (bytes.length !== reference.bytes || digest !== reference.sha256) {
    throw alteredContent(reference, { count: bytes.length, digest });
  }
  return bytes;
}

/** What is said where a reference names nothing. */
export function missingContent({ key, bytes }: ArtifactReference): ArtifactMissingError {
  return new ArtifactMissingError(
    `Expected ${bytes} bytes at ${key}, got nothing: the object was deleted. ` +
      'Run the stage that made it again (--refresh)',
  );
}

/** What is said where there are other bytes than a reference names: so many, with that digest; or more of them. */
export function alteredContent(
  { key, bytes, sha256: expected }: ArtifactReference,
  found: { readonly count: number; readonly digest: string } | 'more',
): ArtifactCorruptError {
  const got = found === 'more' ? found : `${found.count} bytes with ${found.digest}`;
  return new ArtifactCorruptError(
    `Expected ${bytes} bytes with SHA-256 ${expected} at ${key}, got ${got}: the object was altered. ` +
      'Run the stage that made it again (--refresh)',
  );
}

/** Whether the store holds the bytes, of the right size and digest. */
export async function hasContent(store: ObjectStore, reference: ArtifactReference): Promise<boolean> {
  return (await contentState(store, reference)) === 'intact';
}

export type ContentState = 'intact' | 'missing' | 'altered';

/** How the object stands that a reference names: its bytes are fetched and hashed, unless their number is wrong. */
export async function contentState(store: ObjectStore, reference: ArtifactReference): Promise<ContentState> {
  checkReference(reference);
  const found = await store.head(reference.key);
  if (!found) return 'missing';
  if (found.bytes !== reference.bytes) return 'altered';
  try {
    await getContent(store, reference);
    return 'intact';
  } catch (error) {
    if (error instanceof ArtifactMissingError) return 'missing';
    if (error instanceof ArtifactCorruptError) return 'altered';
    throw error;
  }
}

/**
 * Whether a reference is one that this code writes: its key is content of its own digest, and no other object.
 * @throws InvalidReferenceError
 */
export function checkReference({ key, sha256: digest, bytes }: ArtifactReference): void {
  const wellFormed =
    sha256Pattern.test(digest) && key === objectKey(digest) && Number.isSafeInteger(bytes) && bytes >= 0;
  if (!wellFormed) {
    throw new InvalidReferenceError(
      `Expected a reference to \`objects/sha256/…\` by the digest of its bytes, got ${JSON.stringify({ key, sha256: digest, bytes })}`,
    );
  }
}
