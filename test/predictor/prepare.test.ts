import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { InvalidDataError, InvalidParameterError, prepare } from '../../predictor/index.js';
import { parseRatings } from '../../predictor/ratings/parse.js';
import { buildRatingsTable } from '../../predictor/ratings/ratings-table.js';
import { fewRatings } from '../support/training-job.js';

describe('preparing a data set', () => {
  it("gives the notebook's windows, counted and split", async () => {
    const { parameters, counts, train, test, ratings, ratingsSha256, source } = await prepare(fewRatings());
    const lines = new TextDecoder().decode(fewRatings()).split('\n');
    const lengths = new Map<string, number>();
    for (const line of lines) {
      const user = line.split('\t')[0]!;
      lengths.set(user, (lengths.get(user) ?? 0) + 1);
    }
    const windows = [...lengths.values()].reduce((sum, length) => sum + Math.max(0, length - 5), 0);
    assert.deepEqual(parameters, {
      ...{ sequenceLength: 5, bingeThreshold: 7200, testSize: 0.2, seed: 42 },
      maxBadRows: 0,
    });
    assert.equal(counts.ratings, lines.length);
    assert.equal(counts.users, 12);
    assert.equal(counts.windows, windows);
    assert.deepEqual([counts.train, counts.test], [train.label.length, test.label.length]);
    assert.equal(counts.test, Math.ceil(windows * 0.2));
    assert.equal(counts.testStop, test.label.filter((label) => label === 0).length);
    assert.equal(ratings.features.length, 2 * lines.length);
    assert.equal(ratingsSha256, createHash('sha256').update(fewRatings()).digest('hex'));
    assert.equal(source, 'uploaded');
  });

  it('gives access to the columns of its Arrow files without copying them', async () => {
    const { ratings, train, test, ratingsArrow, windowsArrow } = await prepare(fewRatings());
    const { userId, movieId, rating, timestamp, timeDiff, features } = ratings;
    for (const column of [userId, movieId, rating, timestamp, timeDiff, features]) {
      assert.equal(column.buffer, ratingsArrow.buffer);
    }
    for (const column of [train.firstRow, train.label, test.firstRow, test.label]) {
      assert.equal(column.buffer, windowsArrow.buffer);
    }
    assert.equal(train.features, features);
  });

  it('takes columns of any kind as it takes the file', async () => {
    const { userId, movieId, rating, timestamp } = parseRatings(fewRatings());
    const fromFile = await prepare(new TextEncoder().encode(`${new TextDecoder().decode(fewRatings())}\n`));
    const typed = await prepare({ userId, movieId, rating, timestamp });
    const plain = await prepare({
      ...{ userId: [...userId], movieId: [...movieId] },
      ...{ rating: Float64Array.from(rating), timestamp: [...timestamp] },
    });
    assert.deepEqual(typed, fromFile);
    assert.deepEqual(plain, fromFile);
  });

  it('scales as the table that the pipeline builds', async () => {
    const table = buildRatingsTable(parseRatings(fewRatings()));
    const { ratings } = await prepare(fewRatings());
    assert.deepEqual({ ...ratings, scalers: table.scalers }, table);
    assert.deepEqual(ratings.scalers, table.scalers);
  });

  it('drops as many malformed rows as it may, counts them, and says so in the parameters', async () => {
    const lines = new TextDecoder().decode(fewRatings()).split('\n');
    const text = new TextEncoder().encode(['1\tx\t5\t0', ...lines].join('\n'));
    await assert.rejects(prepare(text), /Line 1/);
    const { counts, parameters, ratings } = await prepare(text, { maxBadRows: 1 });
    assert.deepEqual([counts.badRows, counts.ratings, parameters.maxBadRows], [1, lines.length, 1]);
    assert.deepEqual(ratings, (await prepare(fewRatings())).ratings);
  });

  it('says what is wrong with what it is given', async () => {
    const few = { userId: [1], movieId: [1], rating: [5], timestamp: [0] };
    const asAny = (value: unknown) => value as Uint8Array;
    const cases: [unknown, object, RegExp, new () => Error][] = [
      [{ ...few, rating: [5, 4] }, {}, /one length, got 1, 1, 2, 1/, InvalidDataError],
      [{ ...few, rating: [3.5] }, {}, /Line 1 .* rating "3\.5", expected a whole number/, InvalidDataError],
      [{ ...few, timestamp: [NaN] }, {}, /timestamp "NaN"/, InvalidDataError],
      [{ ...few, userId: undefined }, {}, /as columns userId, movieId, .* got \{ userId/, InvalidDataError],
      ['u.data', {}, /as bytes \(a Uint8Array\), .* got string/, InvalidDataError],
      [undefined, {}, /got undefined/, InvalidDataError],
      [null, {}, /got object/, InvalidDataError],
      [few, {}, /more than `sequenceLength` = 5 ratings, got at most 1/, InvalidDataError],
      [{ userId: [], movieId: [], rating: [], timestamp: [] }, {}, /at least one rating/, InvalidDataError],
      [few, { sequenceLength: 0 }, /`sequenceLength` to be a whole number from 1/, InvalidParameterError],
      [
        few,
        { epochs: 3 },
        /a parameter of a data set \(.*\) or `source`, got `epochs`/,
        InvalidParameterError,
      ],
      [few, { source: 'mine' }, /`source` to be one of .*uploaded.*, got `mine`/, InvalidParameterError],
    ];
    for (const [ratings, options, message, type] of cases) {
      await assert.rejects(prepare(asAny(ratings), options), (error: Error) => {
        assert.match(error.message, message);
        return error instanceof type;
      });
    }
  });
});
