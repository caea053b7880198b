import assert from 'node:assert/strict';
import { tableFromIPC, tableToIPC } from 'apache-arrow';
import fc from 'fast-check';
import { InvalidDataError } from '../../../predictor/errors.js';
import { buildRatingsTable, decodeRatings, encodeRatings } from '../../../predictor/ratings/ratings-table.js';
import { fitMinMax } from '../../../predictor/ratings/scaler.js';
import { sortedOrder } from '../../../predictor/ratings/sort.js';

type Row = readonly [user: number, movie: number, rating: number, timestamp: number];

const columnsOf = (rows: readonly Row[]) => ({
  userId: Int32Array.from(rows, ([user]) => user),
  movieId: Int32Array.from(rows, ([, movie]) => movie),
  rating: Uint8Array.from(rows, ([, , rating]) => rating),
  timestamp: Int32Array.from(rows, ([, , , timestamp]) => timestamp),
});
const row = fc.tuple(
  fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 2_147_483_647 })),
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 5 }),
  fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2_147_483_647 })),
);

describe('the order of ratings', () => {
  it('is by user, then time, ties in file order', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (rows) => {
        const expected = rows
          .map((_, index) => index)
          .sort((a, b) => rows[a]![0] - rows[b]![0] || rows[a]![3] - rows[b]![3] || a - b);
        assert.deepEqual(Array.from(sortedOrder(columnsOf(rows))), expected);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the scaler', () => {
  it("uses scikit-learn's arithmetic", () => {
    assert.deepEqual(fitMinMax([1, 3, 5]), { minimum: 1, maximum: 5, scale: 0.25, offset: -0.25 });
  });

  it('leaves a constant column at 0', () => {
    const { scale, offset } = fitMinMax([7, 7]);
    assert.equal(7 * scale + offset, 0);
  });
});

describe('the ratings table', () => {
  const rows: Row[] = [
    [2, 1, 5, 100],
    [1, 2, 1, 50],
    [1, 3, 3, 40],
    [2, 4, 5, 100],
  ];

  it('holds gaps within a user, and scaled features', () => {
    const table = buildRatingsTable(columnsOf(rows));
    assert.deepEqual(Array.from(table.movieId), [3, 2, 1, 4]);
    assert.deepEqual(Array.from(table.timeDiff), [0, 10, 0, 0]);
    assert.deepEqual(Array.from(table.features), [0.5, 0, 0, 1, 1, 0, 1, 0]);
  });

  it('comes back from Arrow as it went in, in the same bytes each time', () => {
    const table = buildRatingsTable(columnsOf(rows));
    const bytes = encodeRatings(table);
    assert.deepEqual(decodeRatings(bytes), table);
    assert.deepEqual(encodeRatings(table), bytes);
  });

  it('is read from bytes at any offset', () => {
    const table = buildRatingsTable(columnsOf(rows));
    const bytes = encodeRatings(table);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    assert.deepEqual(decodeRatings(shifted.subarray(3)), table);
  });

  it('is refused when it is cut, altered in its schema, or something else', () => {
    const bytes = encodeRatings(buildRatingsTable(columnsOf(rows)));
    for (const wrong of [
      new Uint8Array(),
      bytes.subarray(0, 40),
      bytes.subarray(0, bytes.length >> 1),
      new Uint8Array(64),
    ]) {
      assert.throws(() => decodeRatings(wrong), InvalidDataError);
    }
    const renamed = Buffer.from(bytes);
    for (let at = renamed.indexOf('movie_id'); at >= 0; at = renamed.indexOf('movie_id'))
      renamed.write('movie_ix', at);
    assert.throws(() => decodeRatings(renamed), /column `movie_id`/);
  });

  it('is refused when it is of a later format', () => {
    const table = tableFromIPC(encodeRatings(buildRatingsTable(columnsOf(rows))));
    table.schema.metadata.set('format_version', '2');
    assert.throws(
      () => decodeRatings(tableToIPC(table, 'file')),
      (error: Error) =>
        error instanceof InvalidDataError && /got format 2: a newer StreamSage/.test(error.message),
    );
  });
});
