import { InvalidDataError } from '../errors.js';
import { quote } from './quote.js';

/** Ratings as columns, in the order of the file. */
export interface RatingColumns {
  readonly userId: Int32Array;
  readonly movieId: Int32Array;
  /** Stars, 1 to 5. */
  readonly rating: Uint8Array;
  /** Seconds since 1970-01-01 UTC, when the rating was entered. */
  readonly timestamp: Int32Array;
}

export interface ReadRatings {
  readonly columns: RatingColumns;
  /** Rows that were dropped. */
  readonly badRows: number;
  /** What is wrong with the first of them. */
  readonly firstBadRow?: string;
}

export interface ReadingLimits {
  /** Bad rows that are dropped; one more ends the reading. */
  readonly badRows?: number;
  readonly rows?: number;
}

/** Two hundred times MovieLens 100K: some 1.5 GB once the features stand beside it. */
export const maximumRows = 20_000_000;

const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const zero = 48;
const nine = 57;
const largestInt32 = 2_147_483_647;
const fields = [
  { name: 'user id', minimum: 1, maximum: largestInt32, unit: '' },
  { name: 'movie id', minimum: 1, maximum: largestInt32, unit: '' },
  { name: 'rating', minimum: 1, maximum: 5, unit: '' },
  { name: 'timestamp', minimum: 0, maximum: largestInt32, unit: ' (seconds since 1970)' },
] as const;
const minima = fields.map(({ minimum }) => minimum);
const maxima = fields.map(({ maximum }) => maximum);

/**
 * Parses `u.data`: a line a rating, `user id ⇥ movie id ⇥ rating ⇥ timestamp`, whole numbers. A byte-order mark, CRLF
 * and a missing last newline are accepted.
 * @throws InvalidDataError with line number and value
 */
export function parseRatings(bytes: Uint8Array): RatingColumns {
  return readRatings(bytes).columns;
}

/**
 * As parseRatings, and drops bad rows up to a limit, and counts them.
 * @throws InvalidDataError with line number and value of the first bad row, and of the one too many
 */
export function readRatings(
  bytes: Uint8Array,
  { badRows: allowed = 0, rows: mostRows = maximumRows }: ReadingLimits = {},
): ReadRatings {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  // Blank lines are allowed at the end, nowhere else.
  const end = contentEnd(bytes, start);
  if (end === start) throw new InvalidDataError('Expected at least one rating, got a file without any line');
  const lines = countLines(bytes, start, end);
  if (lines > mostRows) {
    throw new InvalidDataError(
      `Expected at most ${mostRows} ratings, got ${lines} lines: split the file by users`,
    );
  }
  const columns = [
    new Int32Array(lines),
    new Int32Array(lines),
    new Int32Array(lines),
    new Int32Array(lines),
  ] as const;
  let rows = 0;
  let badRows = 0;
  let firstBadRow: string | undefined;
  let position = start;
  nextRow: while (position < end) {
    const first = position;
    for (let field = 0; field < 4; field++) {
      let value = 0;
      const from = position;
      let byte = bytes[position];
      while (byte !== undefined && byte >= zero && byte <= nine) {
        value = value * 10 + (byte - zero);
        byte = bytes[++position];
      }
      const delimited = field < 3 ? byte === tab : position >= end || isLineEnd(bytes, position);
      if (!delimited || position === from || value > maxima[field]! || value < minima[field]!) {
        const line = `Line ${rows + badRows + 1} of the ratings`;
        const to = lineEnd(bytes, first, end);
        if (++badRows > allowed) {
          throw tooManyBadRows(`${line} ${whatIsWrong(bytes, first, to)}`, allowed, firstBadRow);
        }
        firstBadRow ??= `${line} ${whatIsWrong(bytes, first, to)}`;
        position = to;
        while (position < end && bytes[position] !== lineFeed) position++;
        position++;
        continue nextRow;
      }
      columns[field]![rows] = value;
      if (field < 3) position++;
    }
    if (bytes[position] === carriageReturn) position++;
    position++;
    rows++;
  }
  if (rows === 0) {
    throw new InvalidDataError(
      `Expected at least one rating, got ${badRows} bad rows and no other. The first: ${firstBadRow}`,
    );
  }
  const [userId, movieId, rating, timestamp] = columns;
  return {
    columns: {
      userId: userId.subarray(0, rows),
      movieId: movieId.subarray(0, rows),
      rating: Uint8Array.from(rating.subarray(0, rows)),
      timestamp: timestamp.subarray(0, rows),
    },
    badRows,
    ...(firstBadRow === undefined ? {} : { firstBadRow }),
  };
}

/** Where the last line ends that holds something. */
function contentEnd(bytes: Uint8Array, start: number): number {
  let end = bytes.length;
  while (end > start && bytes[end - 1] === lineFeed) {
    end--;
    if (end > start && bytes[end - 1] === carriageReturn) end--;
  }
  return end;
}

function countLines(bytes: Uint8Array, start: number, end: number): number {
  let lines = 1;
  for (let position = start; position < end; position++) if (bytes[position] === lineFeed) lines++;
  return lines;
}

function isLineEnd(bytes: Uint8Array, position: number): boolean {
  const byte = bytes[position];
  return byte === lineFeed || (byte === carriageReturn && bytes[position + 1] === lineFeed);
}

/** Where the line's content ends, before LF or CRLF. */
function lineEnd(bytes: Uint8Array, from: number, end: number): number {
  let to = from;
  while (to < end && !isLineEnd(bytes, to)) to++;
  return to;
}

function tooManyBadRows(bad: string, allowed: number, first: string | undefined): InvalidDataError {
  if (first === undefined)
    return new InvalidDataError(`${bad}. To drop and count such rows, raise \`maxBadRows\``);
  return new InvalidDataError(
    `Expected at most \`maxBadRows\` = ${allowed} bad rows, got more. The first: ${first}. One too many: ${bad}`,
  );
}

/** Slow and exact: says which field of the line is wrong, and what it holds. Copies no more than it shows. */
function whatIsWrong(bytes: Uint8Array, from: number, to: number): string {
  if (from === to) return 'is empty, expected 4 fields between tabs';
  const bounds = [from - 1];
  let tabs = 0;
  for (let position = from; position < to; position++) {
    if (bytes[position] === tab && ++tabs <= 4) bounds.push(position);
  }
  if (tabs !== 3) {
    return `has ${tabs + 1} ${tabs === 0 ? 'field' : 'fields'} between tabs, expected 4: ${shown(bytes, from, to)}`;
  }
  bounds.push(to);
  for (const [index, { name, minimum, maximum, unit }] of fields.entries()) {
    const [first, last] = [bounds[index]! + 1, bounds[index + 1]!];
    let value = first === last ? NaN : 0;
    for (let position = first; position < last; position++) {
      const digit = bytes[position]! - zero;
      value = digit >= 0 && digit <= 9 ? value * 10 + digit : NaN;
    }
    if (!(value >= minimum && value <= maximum)) {
      return `has ${name} ${shown(bytes, first, last)}, expected a whole number from ${minimum} to ${maximum}${unit}`;
    }
  }
  return `cannot be read: ${shown(bytes, from, to)}`;
}

function shown(bytes: Uint8Array, from: number, to: number): string {
  // A character has at most four bytes, and 60 of them are shown.
  return quote(new TextDecoder().decode(bytes.subarray(from, Math.min(to, from + 244))));
}
