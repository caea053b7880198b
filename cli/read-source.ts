import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Option } from 'commander';
import { movielensRatingsSha256 } from '../adapters/movielens.js';
import {
  defaultSource,
  namedSources,
  type NamedSource,
  type Parameters,
  resolveParameters,
} from '../predictor/config.js';
import { checkDataset } from '../predictor/dataset.js';
import { extractRatings, maximumArchiveBytes } from '../predictor/ratings/archive.js';
import { withoutControls } from '../predictor/ratings/quote.js';
import { checkSourceUrl, parseS3Address, type S3Address } from '../predictor/source-address.js';
import { datasetNotes } from './dataset-notes.js';
import { UsageError } from './exit-codes.js';

/** Ratings that were read here: of a file, a folder, or standard input. */
export interface ReadFile {
  readonly kind: 'file';
  readonly name: string;
  readonly ratings: Uint8Array;
  readonly sha256: string;
  /** What somebody should know about them. */
  readonly notes: readonly string[];
}

export type ReadSource =
  | { [Kind in NamedSource]: { readonly kind: Kind } }[NamedSource]
  | { readonly kind: 'url'; readonly url: string }
  | ({ readonly kind: 's3' } & S3Address)
  | ReadFile;

/** `--source`, as every command has it. */
export function sourceOption(): Option {
  return new Option(
    '--source <source>',
    `${namedSources.join(', ')}; https://… or s3://bucket/key; a file: ratings (user, movie, rating 1 to 5, Unix time ` +
      'between tabs), or a zip that holds them as u.data; a folder that holds u.data; - for standard input ' +
      '(env: STREAMSAGE_SOURCE)',
  ).default(process.env['STREAMSAGE_SOURCE'] || defaultSource);
}

/**
 * What `--source` names: a data set by name, an address, or a file, which is read and checked here and now.
 * @param input in place of standard input
 * @throws UsageError if there is no such file; InvalidSourceError if an address cannot be used; InvalidDataError if the
 * file holds no ratings that can be trained on
 */
export async function readSource(
  source: string,
  parameters: Parameters = resolveParameters(),
  input: NodeJS.ReadStream = process.stdin,
): Promise<ReadSource> {
  const kind = namedSources.find((name) => name === source);
  if (kind !== undefined) return { kind };
  if (/^https?:/i.test(source)) return { kind: 'url', url: checkSourceUrl(source) };
  if (/^s3:/i.test(source)) return { kind: 's3', ...parseS3Address(source) };
  if (source === '-') return checked(await readInput(input), 'standard input', 'stdin', parameters);
  const { path, bytes } = await readRatingsFile(source);
  return checked(bytes, path, basename(path), parameters);
}

/** @param place names the bytes in errors, `name` in what is kept */
export async function checked(
  bytes: Uint8Array,
  place: string,
  name: string,
  parameters: Parameters,
): Promise<ReadFile> {
  const { ratings, entry = '' } = await extractRatings(bytes, place);
  const check = checkDataset(ratings, parameters);
  const sha256 = createHash('sha256').update(ratings).digest('hex');
  const altered = sha256 !== movielensRatingsSha256 && /ml-?100k/i.test(`${place}/${entry}`);
  return { kind: 'file', name, ratings, sha256, notes: datasetNotes(check, altered) };
}

async function readInput(input: NodeJS.ReadStream): Promise<Uint8Array> {
  if (input.isTTY) {
    throw new UsageError(
      'Expected ratings on standard input, got a terminal: … | npx --no-install streamsage train --source -',
    );
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maximumArchiveBytes) {
      throw new UsageError(`Expected at most ${maximumArchiveBytes} bytes on standard input, got more`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function readRatingsFile(path: string): Promise<{ path: string; bytes: Uint8Array }> {
  const names = namedSources.map((name) => `\`${name}\``).join(', ');
  const expected =
    `Expected \`--source\` to be ${names}, https://…, s3://bucket/key, - or a file (a zip that holds u.data, or ` +
    `ratings), got \`${withoutControls(path)}\``;
  const found = await stat(path).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${expected}: ${code === 'ENOENT' ? 'there is no such file' : withoutControls(message)}`,
    );
  });
  if (found.isDirectory()) return readRatingsFile(await fileIn(path));
  if (!found.isFile()) throw new UsageError(`${expected}: it is not a file`);
  if (found.size > maximumArchiveBytes) {
    throw new UsageError(
      `Expected \`--source\` to be at most ${maximumArchiveBytes} bytes, got \`${withoutControls(path)}\`: ${found.size} bytes`,
    );
  }
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UsageError(`${expected}: ${withoutControls((error as Error).message)}`);
  });
  return { path, bytes };
}

/** The ratings in a folder: where the publisher's archive was unpacked, or the folder it was unpacked into. */
async function fileIn(folder: string): Promise<string> {
  const places = ['u.data', join('ml-100k', 'u.data')];
  for (const place of places) {
    const path = join(folder, place);
    if (
      await stat(path).then(
        (found) => found.isFile(),
        () => false,
      )
    )
      return path;
  }
  throw new UsageError(
    `Expected the folder \`${withoutControls(folder)}\` to hold ${places.join(' or ')}, got neither`,
  );
}
