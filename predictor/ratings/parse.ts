import { InvalidDataError } from '../errors.js';

/** Ratings as columns, in the order of the file. */
export interface RatingColumns {
  readonly userId: Int32Array;
  readonly movieId: Int32Array;
  /** Stars, 1 to 5. */
  readonly rating: Uint8Array;
  /** Seconds since 1970-01-01 UTC, when the rating was entered. */
  readonly timestamp: Int32Array;
}

const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const zero = 48;
const nine = 57;
const fieldNames = ['user id', 'movie id', 'rating', 'timestamp'] as const;
const minima = [1, 1, 1, 0] as const;
const maxima = [2_147_483_647, 2_147_483_647, 5, 2_147_483_647] as const;

/**
 * Parses `u.data`: a line a rating, `user id ⇥ movie id ⇥ rating ⇥ timestamp`, whole numbers. A byte-order mark, CRLF
 * and a missing last newline are accepted.
 * @throws InvalidDataError with line number and value
 */
export function parseRatings(bytes: Uint8Array): RatingColumns {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const capacity = countLines(bytes, start);
  const columns = [
    new Int32Array(capacity),
    new Int32Array(capacity),
    new Int32Array(capacity),
    new Int32Array(capacity),
  ] as const;
  const end = bytes.length;
  let rows = 0;
  let position = start;
  while (position < end) {
    if (isLineEnd(bytes, position)) {
      // Blank lines are allowed at the end, nowhere else.
      if (!onlyLineEnds(bytes, position))
        throw lineError(rows + 1, 'is empty, expected 4 fields between tabs');
      break;
    }
    for (let field = 0; field < 4; field++) {
      let value = 0;
      const first = position;
      let byte = bytes[position];
      while (byte !== undefined && byte >= zero && byte <= nine) {
        value = value * 10 + (byte - zero);
        byte = bytes[++position];
      }
      const delimited = field < 3 ? byte === tab : position >= end || isLineEnd(bytes, position);
      if (!delimited || position === first || value > maxima[field]! || value < minima[field]!) {
        throw fieldError(bytes, lineStart(bytes, first, start), rows + 1);
      }
      columns[field]![rows] = value;
      if (field < 3) position++;
    }
    if (bytes[position] === carriageReturn) position++;
    position++;
    rows++;
  }
  if (rows === 0) throw new InvalidDataError('Expected at least one rating, got a file without any line');
  const [userId, movieId, rating, timestamp] = columns;
  return {
    userId: userId.subarray(0, rows),
    movieId: movieId.subarray(0, rows),
    rating: Uint8Array.from(rating.subarray(0, rows)),
    timestamp: timestamp.subarray(0, rows),
  };
}

function countLines(bytes: Uint8Array, start: number): number {
  let lines = 1;
  for (let position = start; position < bytes.length; position++) if (bytes[position] === lineFeed) lines++;
  return lines;
}

function isLineEnd(bytes: Uint8Array, position: number): boolean {
  const byte = bytes[position];
  return byte === lineFeed || (byte === carriageReturn && bytes[position + 1] === lineFeed);
}

function onlyLineEnds(bytes: Uint8Array, from: number): boolean {
  for (let position = from; position < bytes.length; position++) {
    if (bytes[position] !== lineFeed && bytes[position] !== carriageReturn) return false;
  }
  return true;
}

function lineStart(bytes: Uint8Array, position: number, start: number): number {
  let first = position;
  while (first > start && bytes[first - 1] !== lineFeed) first--;
  return first;
}

/** Slow and exact: says which field of the line is wrong, and what it holds. */
function fieldError(bytes: Uint8Array, from: number, line: number): InvalidDataError {
  let to = from;
  while (to < bytes.length && bytes[to] !== lineFeed) to++;
  const text = new TextDecoder().decode(bytes.subarray(from, to)).replace(/\r$/, '');
  const fields = text.split('\t');
  if (fields.length !== 4) {
    return lineError(line, `has ${fields.length} fields between tabs, expected 4: ${quote(text)}`);
  }
  for (const [index, field] of fields.entries()) {
    const name = fieldNames[index]!;
    const [minimum, maximum] = [minima[index]!, maxima[index]!];
    const value = Number(field);
    if (!/^[0-9]+$/.test(field) || value < minimum || value > maximum) {
      return lineError(
        line,
        `has ${name} ${quote(field)}, expected a whole number from ${minimum} to ${maximum}`,
      );
    }
  }
  return lineError(line, `cannot be read: ${quote(text)}`);
}

function lineError(line: number, what: string): InvalidDataError {
  return new InvalidDataError(`Line ${line} of the ratings ${what}`);
}

/** A value from the file as it may be shown: short, without control characters. */
function quote(text: string): string {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(shown.replace(/[^\t\x20-\x7e\u00a0-\ud7ff]/g, '�'));
}
