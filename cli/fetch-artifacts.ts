import { constants, rmSync } from 'node:fs';
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { isNoWayThrough } from '../adapters/errors.js';
import type { Manifest } from '../artifacts/manifest.js';
import type { StreamingStore } from '../artifacts/object-store.js';
import { readManifestBytes } from '../artifacts/runs.js';
import { chooseArtifacts } from './choose-artifacts.js';
import { downloadArtifact, LocalWriteError } from './download-artifact.js';
import { UsageError } from './exit-codes.js';
import { interruptible } from './interrupt.js';
import { counted, formatBytes, type Output } from './output.js';
import { type Place, safePlace } from './safe-place.js';

/** The disk that artifacts were to go to is full. */
export class FolderFullError extends Error {
  override readonly name = 'FolderFullError';
}

/** A run's name as a folder's: a colon is special on some systems, and to scp, rsync and search paths. */
export function runFolder(run: string): string {
  return run.replaceAll(':', '-');
}

/**
 * Writes a run's artifacts into `<folder>/<run>/`, laid out as in the bucket, and nowhere else. Each is verified by its
 * SHA-256, and appears under its name only when whole; the manifest comes last. What an earlier call has fetched is not
 * fetched again.
 * @param names artifacts to fetch; all of them if empty
 * @returns the paths written
 * @throws UsageError if an artifact is unknown or the folder cannot be written; UnsafePlaceError, before anything is
 * written; FolderFullError
 */
export async function fetchRun(
  store: StreamingStore,
  run: string,
  names: readonly string[],
  folder: string,
  output: Output,
): Promise<string[]> {
  const { manifest, bytes: manifestBytes } = await readManifestBytes(store, run);
  const target = resolve(folder, runFolder(manifest.run));
  const artifacts = chooseArtifacts(manifest, names);
  const manifestPlace = await safePlace(target, 'manifest.json');
  const wanted = [];
  for (const artifact of artifacts) wanted.push({ artifact, place: await safePlace(target, artifact.name) });
  await refuseOthersFolder(target, manifest.run);
  const written: string[] = [];
  for (const { artifact, place } of wanted) {
    await fetchOne(store, artifact, place, target, output);
    written.push(place.path);
  }
  const withManifest = names.length === 0 || names.includes('manifest.json');
  if (withManifest) {
    await writeWhole(manifestPlace, manifestBytes, target, output);
    written.push(manifestPlace.path);
  }
  const count = artifacts.length > 0 ? [counted(artifacts.length, 'artifact')] : [];
  const what = [...count, ...(withManifest ? ['manifest.json'] : [])];
  output.note(`${what.join(' and ')} in ${target}${sep}`);
  return written;
}

async function fetchOne(
  store: StreamingStore,
  artifact: Manifest['artifacts'][number],
  place: Place,
  folder: string,
  output: Output,
): Promise<void> {
  const { name, bytes } = artifact;
  const tell = (from: number) =>
    output.note(`${name}: goes on after ${formatBytes(from)} of ${formatBytes(bytes)}`);
  try {
    await interruptible(output, `What is there by name is whole. ${goesOn}`, () =>
      downloadArtifact(store, artifact, place, tell),
    );
  } catch (error) {
    if (error instanceof LocalWriteError) throw notWritten(folder, error);
    if (isNoWayThrough(error)) output.note(`${name}: broken off. ${goesOn}`);
    throw error;
  }
}

const goesOn = '`npx --no-install streamsage artifacts get` goes on from what has come.';

/** Two runs' names may give one folder: their files are never mixed. */
async function refuseOthersFolder(folder: string, run: string): Promise<void> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => '{}');
  const other = /"run": "([^"]*)"/.exec(text)?.[1];
  if (other !== undefined && other !== run) {
    throw new UsageError(
      `Expected ${folder} to be free for run ${run}, got the artifacts of ${other}: choose another --output`,
    );
  }
}

async function writeWhole(
  { path, partial }: Place,
  bytes: Uint8Array,
  folder: string,
  output: Output,
): Promise<void> {
  const write = async () => {
    try {
      await mkdir(dirname(path), { recursive: true });
      await rm(partial, { force: true });
      await writeFile(partial, bytes, { flag: 'wx' });
      await rename(partial, path);
    } catch (error) {
      throw notWritten(folder, new LocalWriteError(error as NodeJS.ErrnoException));
    } finally {
      await rm(partial, { force: true }).catch(() => undefined);
    }
  };
  await interruptible(output, 'What is there by name is whole.', write, () =>
    rmSync(partial, { force: true }),
  );
}

/**
 * Whether artifacts can be put there, without making anything: before hours of training, not after them.
 * @throws UsageError
 */
export async function checkOutput(folder: string): Promise<void> {
  let place = resolve(folder);
  for (;;) {
    try {
      if (!(await stat(place)).isDirectory()) throw notWritable(folder, `${place} is a file`);
      await access(place, constants.W_OK | constants.X_OK);
      return;
    } catch (error) {
      if (error instanceof UsageError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      if (!['ENOENT', 'ENOTDIR'].includes(code ?? '') || dirname(place) === place)
        throw notWritable(folder, message);
      place = dirname(place);
    }
  }
}

/** A full disk is no wrong use. */
function notWritten(folder: string, error: LocalWriteError): Error {
  if (!error.isFull) return notWritable(folder, error.message);
  return new FolderFullError(
    `There is no room for the artifacts in ${folder}: ${error.message}. Make some, or choose another --output`,
  );
}

function notWritable(folder: string, reason: string): UsageError {
  return new UsageError(`Expected \`--output\` to be a folder that can be written, got ${folder}: ${reason}`);
}
