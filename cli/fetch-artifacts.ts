import { constants, rmSync } from 'node:fs';
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { getContent } from '../artifacts/content.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import { readManifestBytes } from '../artifacts/runs.js';
import { chooseArtifacts } from './choose-artifacts.js';
import { UsageError } from './exit-codes.js';
import { interruptible } from './interrupt.js';
import { counted, type Output } from './output.js';

/** A run's name as a folder's: a colon is special on some systems, and to scp, rsync and search paths. */
export function runFolder(run: string): string {
  return run.replaceAll(':', '-');
}

/**
 * Writes a run's artifacts into `<folder>/<run>/`, laid out as in the bucket. Each is verified by its SHA-256, and
 * appears under its name only when whole; the manifest comes last.
 * @param names artifacts to fetch; all of them if empty
 * @returns the paths written
 * @throws UsageError if an artifact is unknown or the folder cannot be written
 */
export async function fetchRun(
  store: ObjectStore,
  run: string,
  names: readonly string[],
  folder: string,
  output: Output,
): Promise<string[]> {
  const { manifest, bytes: manifestBytes } = await readManifestBytes(store, run);
  const target = resolve(folder, runFolder(manifest.run));
  await refuseOthersFolder(target, manifest.run);
  const written: string[] = [];
  const artifacts = chooseArtifacts(manifest, names);
  for (const artifact of artifacts) {
    written.push(await writeInside(target, artifact.name, await getContent(store, artifact), output));
  }
  const withManifest = names.length === 0 || names.includes('manifest.json');
  if (withManifest) {
    written.push(await writeInside(target, 'manifest.json', manifestBytes, output));
  }
  const count = artifacts.length > 0 ? [counted(artifacts.length, 'artifact')] : [];
  const what = [...count, ...(withManifest ? ['manifest.json'] : [])];
  output.note(`${what.join(' and ')} in ${target}${sep}`);
  return written;
}

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

async function writeInside(folder: string, name: string, bytes: Uint8Array, output: Output): Promise<string> {
  const path = resolve(folder, name);
  if (!path.startsWith(folder + sep))
    throw new UsageError(`Artifact name \`${name}\` leads out of ${folder}`);
  const partial = join(dirname(path), `.${process.pid}.partial`);
  const write = async () => {
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(partial, bytes);
      await rename(partial, path);
    } catch (error) {
      throw notWritable(folder, (error as Error).message);
    } finally {
      await rm(partial, { force: true }).catch(() => undefined);
    }
  };
  await interruptible(output, 'What is there by name is whole.', write, () =>
    rmSync(partial, { force: true }),
  );
  return path;
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

function notWritable(folder: string, reason: string): UsageError {
  return new UsageError(`Expected \`--output\` to be a folder that can be written, got ${folder}: ${reason}`);
}
