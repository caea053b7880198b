import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkArtifactName } from '../artifacts/names.js';

/** What lies where a file is to be written would lead the writing elsewhere: exit code 1. */
export class UnsafePlaceError extends Error {
  override readonly name = 'UnsafePlaceError';
}

export interface Place {
  readonly path: string;
  /** Where its bytes gather until all are there. No artifact has such a name. */
  readonly partial: string;
}

/**
 * Where an artifact is written, once it is sure that this is inside the folder: what is there already on the way are
 * folders, and at its end plain files.
 * @throws InvalidArtifactNameError; UnsafePlaceError, if there is a symbolic link or something else
 */
export async function safePlace(folder: string, name: string): Promise<Place> {
  checkArtifactName(name);
  const path = join(folder, name);
  const partial = join(dirname(path), `.${basename(path)}.partial`);
  const folders = name.split('/').map((_, index, words) => join(folder, ...words.slice(0, index)));
  for (const place of folders) await expectKind(place, 'folder', (found) => found.isDirectory());
  await expectKind(path, 'file', (found) => found.isFile());
  // A part is gone on with in place: if it has a second name, that other file would be written, too.
  await expectKind(partial, 'file', (found) => found.isFile() && found.nlink === 1);
  return { path, partial };
}

async function expectKind(path: string, kind: string, isOne: (found: Stats) => boolean): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  });
  if (!found || isOne(found)) return;
  throw new UnsafePlaceError(
    `Expected ${path} to be a ${kind} or nothing, got ${kindOf(found)}: nothing was written. ` +
      'Remove it or choose another --output',
  );
}

function kindOf(found: Stats): string {
  if (found.isSymbolicLink()) return 'a symbolic link';
  if (found.isDirectory()) return 'a folder';
  if (!found.isFile()) return 'something else';
  return found.nlink > 1 ? 'a file that has another name, too' : 'a file';
}
