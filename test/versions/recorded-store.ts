import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../artifacts/content.js';
import { MemoryStore } from '../support/memory-store.js';

// <version>/objects.json      keys, and the digest of what lies under each
// <version>/expected.json     what readers must find
// <version>/content/<digest>  each content once

const here = fileURLToPath(new URL('.', import.meta.url));

/** What the recorded version itself says. */
export interface Expected {
  readonly run: string;
  /** Names the kernel that trained. */
  readonly runtime: string;
  readonly windows: number;
  /** Of the first test windows, by the recorded weights; float32, base64. */
  readonly predictions: string;
  /** Digest of the weights after two more epochs from the recorded checkpoint. */
  readonly weightsAfterTwoMoreEpochs: string;
}

export interface Recorded {
  readonly version: string;
  readonly store: MemoryStore;
  readonly expected: Expected;
}

export async function recordedVersions(): Promise<string[]> {
  const entries = await readdir(here, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

export async function readRecorded(version: string): Promise<Recorded> {
  const json = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(here, version, name), 'utf8'));
  const store = new MemoryStore();
  for (const [key, digest] of Object.entries((await json('objects.json')) as Record<string, string>)) {
    store.objects.set(key, new Uint8Array(await readFile(join(here, version, 'content', digest))));
  }
  return { version, store, expected: (await json('expected.json')) as Expected };
}

/** @throws if that version is recorded already: what was released does not change */
export async function writeRecorded({ version, store, expected }: Recorded): Promise<void> {
  await mkdir(join(here, version));
  await mkdir(join(here, version, 'content'));
  const keys: Record<string, string> = {};
  for (const [key, bytes] of [...store.objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
    keys[key] = sha256(bytes);
    await writeFile(join(here, version, 'content', keys[key]), bytes);
  }
  const text = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
  await writeFile(join(here, version, 'objects.json'), text(keys));
  await writeFile(join(here, version, 'expected.json'), text(expected));
}
