import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvalidDataError } from '../../../predictor/errors.js';
import { parseRatings } from '../../../predictor/ratings/parse.js';

const parse = (text: string) => parseRatings(new TextEncoder().encode(text));
const columns = (text: string) =>
  Object.values(parse(text)).map((column) => Array.from(column as Int32Array));

/** Slow and obvious: splits into lines and fields. Undefined where the text is not valid. */
function reference(text: string): number[][] | undefined {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  if (lines.length === 0) return undefined;
  const rows = lines.map((line) => line.split('\t'));
  const limits = [2_147_483_647, 2_147_483_647, 5, 2_147_483_647];
  const valid = rows.every(
    (row) =>
      row.length === 4 &&
      row.every((field, index) => {
        const value = Number(field);
        return /^[0-9]+$/.test(field) && value <= limits[index]! && value >= (index === 3 ? 0 : 1);
      }),
  );
  return valid ? [0, 1, 2, 3].map((index) => rows.map((row) => Number(row[index]))) : undefined;
}

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
    ['a rating of 6', '1\t1\t6\t1\n', /rating "6", expected a whole number from 1 to 5/],
    ['a rating of 0', '1\t1\t0\t1\n', /rating "0"/],
    ['half a star', '1\t1\t3.5\t1\n', /rating "3.5"/],
    ['a negative timestamp', '1\t1\t1\t-5\n', /timestamp "-5"/],
    ['a timestamp that is too large', '1\t1\t1\t99999999999999999999\n', /timestamp "99999999999999999999"/],
    ['user 0', '0\t1\t1\t1\n', /user id "0"/],
    ['commas', '1,1,1,1\n', /1 fields between tabs/],
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

  it('agrees with a slow reference on any text made of its characters', () => {
    const field = fc.oneof(
      fc.integer({ min: 0, max: 6 }).map(String),
      fc.integer({ min: 0, max: 3_000_000_000 }).map(String),
      fc.constantFrom('', '-1', 'x', '1.5', ' 1', '007'),
    );
    const line = fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .tuple(
            fc.constantFrom('1', '22'),
            fc.constantFrom('3', '9'),
            fc.constantFrom('1', '5'),
            fc.constantFrom('0', '881250949'),
          )
          .map((row) => row.join('\t')),
      },
      { weight: 1, arbitrary: fc.array(field, { maxLength: 5 }).map((row) => row.join('\t')) },
    );
    const text = fc
      .tuple(fc.boolean(), fc.array(line, { maxLength: 6 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
      .map(([mark, lines, end, last]) => (mark ? '\ufeff' : '') + lines.join(end) + (last ? end : ''));
    fc.assert(
      fc.property(text, (content) => {
        const expected = reference(content);
        if (expected) assert.deepEqual(columns(content), expected);
        else assert.throws(() => parse(content), InvalidDataError);
      }),
      { numRuns: 2000 },
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
