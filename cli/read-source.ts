import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { namedSources, type NamedSource } from '../predictor/config.js';
import { extractRatings } from '../predictor/ratings/archive.js';
import { parseRatings } from '../predictor/ratings/parse.js';
import { UsageError } from './exit-codes.js';

/** The largest file that is read, bytes: a hundred times MovieLens 100K's archive. */
const maximumBytes = 512 * 1024 * 1024;

export type ReadSource =
  | { readonly kind: NamedSource }
  | { readonly kind: 'file'; readonly name: string; readonly ratings: Uint8Array; readonly sha256: string };

/**
 * What `--source` names: a data set by name, or a file, which is read and checked here and now.
 * @throws UsageError if there is no such file; InvalidDataError if it holds no valid ratings
 */
export async function readSource(source: string): Promise<ReadSource> {
  const kind = namedSources.find((name) => name === source);
  if (kind !== undefined) return { kind };
  const bytes = await readRatingsFile(source);
  const { ratings } = await extractRatings(bytes, source);
  parseRatings(ratings);
  const sha256 = createHash('sha256').update(ratings).digest('hex');
  return { kind: 'file', name: basename(source), ratings, sha256 };
}

async function readRatingsFile(path: string): Promise<Uint8Array> {
  const names = namedSources.map((name) => `\`${name}\``).join(', ');
  const expected = `Expected \`--source\` to be ${names} or a file (a zip that holds u.data, or a ratings file)`;
  const found = await stat(path).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${expected}, got \`${path}\`: ${code === 'ENOENT' ? 'there is no such file' : message}`,
    );
  });
  if (!found.isFile()) throw new UsageError(`${expected}, got \`${path}\`: it is not a file`);
  if (found.size > maximumBytes) {
    throw new UsageError(
      `Expected \`--source\` to be at most ${maximumBytes} bytes, got \`${path}\`: ${found.size} bytes`,
    );
  }
  return readFile(path);
}
