import { sha256 } from './content.js';
import { checkRunName } from './names.js';
import type { ObjectStore } from './object-store.js';

/**
 * Saves the state after an epoch, under a name that says its epoch and digest, then drops all but this one and the one
 * before: if this one is damaged, that costs an epoch, not the training. Later ones go, too: this training would have
 * gone on from them if it could, and they would hide this one.
 * @param epoch from 1
 */
export async function saveCheckpoint(
  store: ObjectStore,
  run: string,
  epoch: number,
  bytes: Uint8Array,
): Promise<void> {
  const ofEpoch = `${prefix(run)}${String(epoch).padStart(8, '0')}`;
  const key = `${ofEpoch}-${sha256(bytes)}`;
  await store.put(key, bytes, 'application/octet-stream');
  const saved = await store.list(prefix(run));
  const before = saved.filter((other) => other.key < ofEpoch).at(-1);
  for (const other of saved) {
    if (other.key !== key && other.key !== before?.key) await store.delete(other.key);
  }
}

/** The last checkpoint whose bytes are the ones it is named for; undefined if there is none. */
export async function latestCheckpoint(
  store: ObjectStore,
  run: string,
): Promise<{ readonly epoch: number; readonly bytes: Uint8Array } | undefined> {
  for (const { key } of (await store.list(prefix(run))).reverse()) {
    const [, epoch, digest] = /\/(\d{8})-([0-9a-f]{64})$/.exec(key) ?? [];
    if (epoch === undefined || digest === undefined) continue;
    // Another attempt may have dropped it between the list and the read.
    const bytes = await store.get(key);
    if (bytes && sha256(bytes) === digest) return { epoch: Number(epoch), bytes };
  }
  return undefined;
}

export async function deleteCheckpoints(store: ObjectStore, run: string): Promise<void> {
  for (const { key } of await store.list(prefix(run))) await store.delete(key);
}

function prefix(run: string): string {
  checkRunName(run);
  return `checkpoints/${run}/`;
}
