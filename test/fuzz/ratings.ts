import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvalidDataError } from '../../predictor/errors.js';
import { readRatings } from '../../predictor/ratings/parse.js';

/** What a slow and obvious reading of a ratings file gives. */
interface Expected {
  /** A row of four numbers each. */
  readonly rows: readonly (readonly number[])[];
  /** Numbers of the lines that are bad, from 1. */
  readonly badLines: readonly number[];
}

const limits = [
  [1, 2_147_483_647],
  [1, 2_147_483_647],
  [1, 5],
  [0, 2_147_483_647],
] as const;

/** Splits into lines and fields, one character a byte. */
export function referenceReading(bytes: Uint8Array): Expected {
  const lines = Buffer.from(bytes)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .split(/\r?\n/);
  while (lines.at(-1) === '') lines.pop();
  const rows: number[][] = [];
  const badLines: number[] = [];
  for (const [index, line] of lines.entries()) {
    const fields = line.split('\t');
    const good =
      fields.length === 4 &&
      fields.every((field, place) => {
        const [minimum, maximum] = limits[place]!;
        return /^[0-9]+$/.test(field) && Number(field) >= minimum && Number(field) <= maximum;
      });
    if (good) rows.push(fields.map(Number));
    else badLines.push(index + 1);
  }
  return { rows, badLines };
}

/** The parser reads what the reference reads, drops what it finds bad, and refuses with the number of the line. */
export function agreesWithReference(bytes: Uint8Array, allowed: number): void {
  const { rows, badLines } = referenceReading(bytes);
  const tooMany = badLines[allowed];
  let read;
  try {
    read = readRatings(bytes, { badRows: allowed });
  } catch (error) {
    assert.ok(error instanceof InvalidDataError, String(error));
    if (tooMany !== undefined) assert.ok(error.message.includes(`Line ${tooMany} `), error.message);
    else assert.equal(rows.length, 0, error.message);
    return;
  }
  assert.equal(tooMany, undefined, `line ${tooMany} was accepted`);
  assert.equal(read.badRows, badLines.length);
  if (badLines.length > 0) assert.ok(read.firstBadRow?.startsWith(`Line ${badLines[0]} `), read.firstBadRow);
  const { userId, movieId, rating, timestamp } = read.columns;
  const columns = [userId, movieId, rating, timestamp];
  assert.equal(userId.length, rows.length);
  for (const [row, values] of rows.entries()) {
    for (const [place, value] of values.entries()) assert.equal(columns[place]![row], value);
  }
}

const goodLine = fc
  .tuple(fc.nat(300), fc.nat(40), fc.nat(4), fc.nat(2_147_483_647))
  .map(([user, movie, rating, time]) => `${user + 1}\t${movie + 1}\t${rating + 1}\t${time}`);
const strangeField = fc.oneof(
  fc.nat(6).map(String),
  fc.constantFrom(
    ...['', '-1', '+1', '1.5', '1e3', ' 1', '1 ', '007', 'x', '0', '2147483647', '2147483648'],
    ...['9'.repeat(20), '9'.repeat(400), '\u0663', 'NaN', '0x1', '1,5', '\r', '\u001b[2J', '\u202e'],
  ),
);
const strangeLine = fc.array(strangeField, { maxLength: 6 }).map((fields) => fields.join('\t'));
const text = fc
  .tuple(
    fc.constantFrom('', '\ufeff', '\ufeff\ufeff'),
    fc.array(fc.oneof({ weight: 5, arbitrary: goodLine }, { weight: 2, arbitrary: strangeLine }), {
      maxLength: 8,
    }),
    fc.constantFrom('\n', '\r\n', '\r', '\n\n'),
    fc.constantFrom('', '\n', '\r\n', '\n\r\n', '\r', '\n\r\n\r'),
  )
  .map(([mark, lines, end, last]) => new TextEncoder().encode(mark + lines.join(end) + last));
/** Bytes that a parser stumbles over, and some that it has never heard of. */
const soup = fc
  .array(fc.constantFrom(9, 10, 13, 48, 49, 53, 57, 45, 32, 0, 0xef, 0xbb, 0xbf, 0xff, 0x80), {
    maxLength: 40,
  })
  .map((bytes) => Uint8Array.from(bytes));

/** A ratings file, good, bad or nonsense, and how many bad rows are allowed. */
export const ratingsCase = fc.tuple(
  fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: soup }),
  fc.nat(3),
);
