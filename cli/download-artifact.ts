import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { alteredContent, checkReference, missingContent } from '../artifacts/content.js';
import type { StreamingStore } from '../artifacts/object-store.js';
import type { ArtifactReference } from '../artifacts/reference.js';
import type { Place } from './safe-place.js';

/** A file could not be written here; the message is the system's. */
export class LocalWriteError extends Error {
  override readonly name = 'LocalWriteError';
  /** Whether there was no room, so that another call may do. */
  readonly isFull: boolean;

  constructor(cause: NodeJS.ErrnoException) {
    super(cause.message, { cause });
    this.isFull = ['ENOSPC', 'EDQUOT'].includes(cause.code ?? '');
  }
}

/**
 * Fetches content into a file, which appears under its name only when whole and with the right SHA-256, read back from
 * the disk. Of a download that breaks off the part stays, and the next one asks for the rest; a part that turns out to
 * be of other bytes is fetched anew. A file that is there already and right is left as it is.
 * @param tell is called with the number of bytes that are not fetched again
 * @throws ArtifactMissingError, ArtifactCorruptError, InvalidReferenceError, LocalWriteError, what the store throws
 */
export async function downloadArtifact(
  store: StreamingStore,
  reference: ArtifactReference,
  { path, partial }: Place,
  tell: (bytes: number) => void,
): Promise<void> {
  checkReference(reference);
  if ((await sizeOf(path)) === reference.bytes && (await digestOf(path)) === reference.sha256) return;
  await local(() => mkdir(dirname(path), { recursive: true }));
  const there = (await sizeOf(partial)) ?? 0;
  const from = there <= reference.bytes ? there : 0;
  if (from > 0) tell(from);
  if (from === 0 || !(await fetchRest(store, reference, partial, from))) {
    // A new file: nobody else's part is cut short.
    await local(() => rm(partial, { force: true }));
    await fetchRest(store, reference, partial, 0);
  }
  await local(() => rename(partial, path));
}

/**
 * @returns whether the bytes are now the ones referred to
 * @throws ArtifactCorruptError if they are not, though all are the store's
 */
async function fetchRest(
  store: StreamingStore,
  reference: ArtifactReference,
  partial: string,
  from: number,
): Promise<boolean> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  const file = await local(() => open(partial, O_RDWR | O_CREAT | O_NOFOLLOW, 0o666));
  try {
    const end = from < reference.bytes || from === 0 ? await append(store, reference, file, from) : from;
    const digest = await digestOf(file);
    const isRight = end === reference.bytes && digest === reference.sha256;
    if (!isRight && from === 0) {
      throw alteredContent(reference, end > reference.bytes ? 'more' : { count: end, digest });
    }
    return isRight;
  } catch (error) {
    const { size } = await file.stat();
    const isOfUse = size > 0 && !(error instanceof LocalWriteError || isAltered(error));
    if (!isOfUse) await rm(partial, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** @returns how many bytes there are then; more than referred to are not written */
async function append(
  store: StreamingStore,
  reference: ArtifactReference,
  file: FileHandle,
  from: number,
): Promise<number> {
  const body = await store.read(reference.key, from);
  if (!body) throw missingContent(reference);
  let end = from;
  for await (const chunk of body) {
    if (end + chunk.length > reference.bytes) return end + chunk.length;
    await local(() => writeAll(file, chunk, end));
    end += chunk.length;
  }
  return end;
}

async function writeAll(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
  }
}

async function digestOf(file: FileHandle | string): Promise<string> {
  const handle =
    typeof file === 'string' ? await open(file, constants.O_RDONLY | constants.O_NOFOLLOW) : file;
  try {
    const hash = createHash('sha256');
    for await (const chunk of handle.createReadStream({ start: 0, autoClose: false })) {
      hash.update(chunk as Uint8Array);
    }
    return hash.digest('hex');
  } finally {
    if (handle !== file) await handle.close();
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

const isAltered = (error: unknown) => error instanceof Error && error.name === 'ArtifactCorruptError';

async function local<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new LocalWriteError(error as NodeJS.ErrnoException);
  }
}
