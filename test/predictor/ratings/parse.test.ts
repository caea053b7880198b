import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvalidDataError } from '../../../predictor/errors.js';
import { parseRatings, readRatings } from '../../../predictor/ratings/parse.js';
import { agreesWithReference, ratingsCase } from '../../fuzz/ratings.js';

const parse = (text: string) => parseRatings(new TextEncoder().encode(text));
const columns = (text: string) =>
  Object.values(parse(text)).map((column) => Array.from(column as Int32Array));

describe('parsing ratings', () => {
  it('reads one line', () => {
    assert.deepEqual(columns('196\t242\t3\t881250949\n'), [[196], [242], [3], [881_250_949]]);
  });

  it('accepts CRLF, a byte-order mark, blank lines at the end, and a missing last newline', () => {
    const expected = [
      [1, 2],
      [3, 4],
      [5, 1],
      [0, 7],
    ];
    assert.deepEqual(columns('1\t3\t5\t0\n2\t4\t1\t7'), expected);
    assert.deepEqual(columns('\ufeff1\t3\t5\t0\r\n2\t4\t1\t7\r\n'), expected);
    assert.deepEqual(columns('1\t3\t5\t0\n2\t4\t1\t7\n\n\r\n'), expected);
  });

  const bad: [string, string, RegExp][] = [
    ['nothing', '', /at least one rating/],
    ['only blank lines', '\n\n', /at least one rating/],
    ['a blank line in between', '1\t1\t1\t1\n\n1\t1\t1\t1\n', /Line 2 of the ratings is empty/],
    [
      'too few fields',
      '1\t1\t1\t1\n1\t2\t3\n',
      /Line 2 of the ratings has 3 fields between tabs, expected 4: "1\\t2\\t3"/,
    ],
    ['too many fields', '1\t1\t1\t1\t1\n', /Line 1 .* 5 fields/],
    ['a word', '1\tx\t1\t1\n', /movie id "x", expected a whole number from 1/],
    ['an empty field', '1\t\t1\t1\n', /movie id ""/],
    [
      'a rating of 6',
      '1\t1\t6\t1\n',
      /Line 1 of the ratings has rating "6", expected a whole number from 1 to 5\. To drop .*`maxBadRows`/,
    ],
    ['a rating of 0', '1\t1\t0\t1\n', /rating "0"/],
    ['half a star', '1\t1\t3.5\t1\n', /rating "3.5"/],
    ['a negative timestamp', '1\t1\t1\t-5\n', /timestamp "-5"/],
    ['a timestamp that is too large', '1\t1\t1\t99999999999999999999\n', /timestamp "99999999999999999999"/],
    ['user 0', '0\t1\t1\t1\n', /user id "0"/],
    ['commas', '1,1,1,1\n', /1 field between tabs/],
    ['milliseconds', '1\t1\t1\t881250949000\n', /"881250949000", expected .* \(seconds since 1970\)/],
  ];
  for (const [what, text, message] of bad) {
    it(`refuses ${what}, naming line and value`, () => {
      assert.throws(
        () => parse(text),
        (error: unknown) => error instanceof InvalidDataError && message.test(error.message),
      );
    });
  }

  it('shows no control characters of the file in its message', () => {
    assert.throws(
      () => parse('1\t\u001b[31m\t1\t1\n'),
      (error: Error) => !error.message.includes('\u001b'),
    );
  });

  it('drops bad rows up to a limit, counts them and keeps the first', () => {
    const text = 'a\n1\t2\t3\t4\n\n5\t6\t1\t8\t9\n5\t6\t1\t8';
    const bytes = new TextEncoder().encode(text);
    const { columns: kept, badRows, firstBadRow } = readRatings(bytes, { badRows: 3 });
    assert.deepEqual(Array.from(kept.userId), [1, 5]);
    assert.equal(badRows, 3);
    assert.equal(firstBadRow, 'Line 1 of the ratings has 1 field between tabs, expected 4: "a"');
    assert.throws(
      () => readRatings(bytes, { badRows: 2 }),
      /at most `maxBadRows` = 2 .* first: Line 1 .* One too many: Line 4 .* has 5 fields/,
    );
    assert.throws(() => readRatings(bytes.subarray(0, 1), { badRows: 2 }), /got 1 bad rows and no other/);
  });

  it('reads no more rows than it can hold', () => {
    const bytes = new TextEncoder().encode('1\t1\t1\t1\n'.repeat(11));
    assert.throws(() => readRatings(bytes, { rows: 10 }), /at most 10 ratings, got 11 lines/);
    assert.equal(readRatings(bytes, { rows: 11 }).columns.userId.length, 11);
  });

  it('says what is wrong with a giant line without copying it', () => {
    const tabs = new Uint8Array(50_000_000).fill(9);
    assert.throws(() => parseRatings(tabs), /Line 1 .* has 50000001 fields/);
    const digits = new Uint8Array(50_000_000).fill(57);
    assert.throws(
      () => parseRatings(digits),
      (error: Error) => error.message.length < 300,
    );
  });

  it('agrees with a slow reference on any text', () => {
    fc.assert(
      fc.property(ratingsCase, ([bytes, allowed]) => agreesWithReference(bytes, allowed)),
      {
        numRuns: 5000,
        seed: 1,
      },
    );
  });

  it('never throws anything else on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          parseRatings(bytes);
        } catch (error) {
          assert.ok(error instanceof InvalidDataError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
