/** The data of every contender: real ratings if they are at hand, and their windows as plain files. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { syntheticRatings } from '../predictor/ratings/synthetic.js';
import type { WindowSet } from '../predictor/windows/window-set.js';
import { notebookWindows } from './windows.js';

/** The real ratings: STREAMSAGE_SOURCE (a ratings file), or beside the project; else made-up ones, put into `folder`. */
export async function ratingsFile(folder: string): Promise<{ file: string; data: string }> {
  const configured = process.env['STREAMSAGE_SOURCE'];
  const shared = fileURLToPath(new URL('../../shared/data/ml-100k/u.data', import.meta.url));
  for (const file of [configured, shared]) {
    if (file && existsSync(file) && !file.endsWith('.zip')) return { file, data: 'MovieLens 100K' };
  }
  const file = join(folder, 'u.data');
  await writeFile(file, syntheticRatings());
  return { file, data: 'synthetic ratings' };
}

/**
 * Writes the windows of a ratings file as the peers read them: for `train` and `test` a file `.x` (float32
 * [windows, steps, 2]) and a file `.y` (float32 [windows]).
 * @returns how many windows each part has
 */
export async function writeWindows(
  ratings: string,
  steps: number,
  folder: string,
): Promise<{ train: number; test: number }> {
  const parts = notebookWindows(await readFile(ratings), steps);
  await mkdir(folder, { recursive: true });
  for (const part of ['train', 'test'] as const) {
    await writeFile(join(folder, `${part}.x`), gathered(parts[part]));
    await writeFile(join(folder, `${part}.y`), Float32Array.from(parts[part].label));
  }
  return { train: parts.train.label.length, test: parts.test.label.length };
}

/** @returns float32 [windows, steps, features] */
function gathered({ features, featureCount, firstRow, steps }: WindowSet): Float32Array {
  const size = steps * featureCount;
  const x = new Float32Array(firstRow.length * size);
  for (const [window, row] of firstRow.entries()) {
    x.set(features.subarray(row * featureCount, row * featureCount + size), window * size);
  }
  return x;
}
