import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvalidDataError } from '../../../predictor/errors.js';
import { buildRatingsTable, type RatingsTable } from '../../../predictor/ratings/ratings-table.js';
import { cutWindows } from '../../../predictor/windows/cut.js';
import { trainTestSplit } from '../../../predictor/windows/split.js';
import { buildWindowTable, decodeWindows, encodeWindows } from '../../../predictor/windows/window-table.js';

/** Users with the given gaps between their ratings. */
function ratingsOf(users: readonly (readonly number[])[]): RatingsTable {
  const rows = users.flatMap((gaps, user) => {
    let timestamp = 1000;
    return [0, ...gaps].map((gap) => [user + 1, (timestamp += gap)] as const);
  });
  return buildRatingsTable({
    userId: Int32Array.from(rows, ([user]) => user),
    movieId: new Int32Array(rows.length).fill(1),
    rating: Uint8Array.from(rows, (_, index) => 1 + (index % 5)),
    timestamp: Int32Array.from(rows, ([, timestamp]) => timestamp),
  });
}

describe('cutting windows', () => {
  it('needs a rating after the window, of the same user', () => {
    const { firstRow, label } = cutWindows(
      ratingsOf([
        [1, 1],
        [1, 50, 1],
      ]),
      2,
      10,
    );
    assert.deepEqual(Array.from(firstRow), [0, 3, 4]);
    assert.deepEqual(Array.from(label), [1, 0, 1]);
  });

  it('calls a gap of exactly the threshold a stop', () => {
    assert.deepEqual(Array.from(cutWindows(ratingsOf([[9, 10]]), 1, 10).label), [1, 0]);
  });

  it('says what would do when every user is shorter than a window', () => {
    assert.throws(
      () => cutWindows(ratingsOf([[1, 1], [1]]), 5, 10),
      (error: Error) =>
        error instanceof InvalidDataError &&
        /`sequenceLength` = 5 ratings, got at most 3/.test(error.message),
    );
  });

  it('gives each user its ratings less the window, for any users', () => {
    const users = fc.array(fc.array(fc.nat(20), { maxLength: 8 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(users, fc.integer({ min: 1, max: 4 }), (gaps, length) => {
        const ratings = ratingsOf(gaps);
        const expected = gaps.reduce((sum, user) => sum + Math.max(0, user.length + 1 - length), 0);
        if (expected === 0) assert.throws(() => cutWindows(ratings, length, 10), InvalidDataError);
        else assert.equal(cutWindows(ratings, length, 10).firstRow.length, expected);
      }),
    );
  });
});

describe('the split', () => {
  it("is scikit-learn's, index for index", () => {
    assert.deepEqual(
      Object.values(trainTestSplit(10, 0.2, 42)).map((part) => Array.from(part)),
      [
        [8, 1],
        [5, 0, 7, 2, 9, 4, 3, 6],
      ],
    );
  });

  it('refuses a share that leaves a part empty', () => {
    assert.throws(() => trainTestSplit(3, 0.9, 1), /`testSize` .* got `0.9`/);
    assert.throws(() => trainTestSplit(0, 0.5, 1), InvalidDataError);
  });

  it('puts every window into exactly one part, the test part being the ceiling', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 300 }),
        fc.double({ min: 0.01, max: 0.6, noNaN: true }),
        fc.nat(1e6),
        (n, share, seed) => {
          fc.pre(Math.ceil(n * share) < n);
          const { train, test } = trainTestSplit(n, share, seed);
          assert.equal(test.length, Math.ceil(n * share));
          const all = [...train, ...test].sort((a, b) => a - b);
          assert.ok(all.every((value, index) => value === index) && all.length === n);
        },
      ),
    );
  });
});

describe('the window table', () => {
  const parameters = { sequenceLength: 2, bingeThreshold: 10, testSize: 0.3, seed: 7 };
  const ratings = ratingsOf([
    [1, 50, 1, 1],
    [2, 2, 99, 3],
  ]);

  it('comes back from Arrow as two parts over the same features', () => {
    const table = buildWindowTable(ratings, parameters);
    const bytes = encodeWindows(table);
    const { train, test } = decodeWindows(bytes, ratings);
    assert.deepEqual([...train.firstRow, ...test.firstRow], Array.from(table.firstRow));
    assert.deepEqual([...train.label, ...test.label], Array.from(table.label));
    assert.equal(train.label.length, table.trainCount);
    assert.equal(test.label.length, Math.ceil(table.label.length * 0.3));
    assert.equal(train.steps, 2);
    assert.equal(train.features, ratings.features);
    assert.deepEqual(encodeWindows(buildWindowTable(ratings, parameters)), bytes);
  });

  it('refuses windows that leave the ratings they came with', () => {
    const bytes = encodeWindows(buildWindowTable(ratings, parameters));
    assert.throws(() => decodeWindows(bytes, ratingsOf([[1, 1]])), /not of one data set/);
  });

  it('refuses bytes that are cut or something else', () => {
    const bytes = encodeWindows(buildWindowTable(ratings, parameters));
    assert.throws(() => decodeWindows(bytes.subarray(0, 100), ratings), InvalidDataError);
    assert.throws(() => decodeWindows(new Uint8Array(10), ratings), InvalidDataError);
  });
});
