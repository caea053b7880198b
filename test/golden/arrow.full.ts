import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRatings } from '../../predictor/ratings/parse.js';
import { buildRatingsTable, encodeRatings } from '../../predictor/ratings/ratings-table.js';
import { syntheticRatings } from '../../predictor/ratings/synthetic.js';
import { buildWindowTable, encodeWindows } from '../../predictor/windows/window-table.js';
import { runPython } from '../support/python.js';

describe('the tables in pyarrow', function () {
  this.timeout(60_000);

  it('are read with types, metadata and values', async function () {
    const ratings = buildRatingsTable(parseRatings(syntheticRatings()));
    const parameters = { sequenceLength: 5, bingeThreshold: 7200, testSize: 0.2, seed: 42 };
    const windows = buildWindowTable(ratings, parameters);
    const folder = await mkdtemp(join(tmpdir(), 'streamsage-arrow-'));
    try {
      const files = [join(folder, 'ratings.arrow'), join(folder, 'windows.arrow')] as const;
      await writeFile(files[0], encodeRatings(ratings));
      await writeFile(files[1], encodeWindows(windows));
      const seen = JSON.parse(await runPython(this, 'arrow.py', ...files)) as Record<string, unknown>;
      assert.deepEqual(seen['ratings'], {
        user_id: 'int32',
        movie_id: 'int32',
        rating: 'uint8',
        timestamp: 'int32',
        time_diff: 'int32',
        features: 'fixed_size_list<item: float not null>[2]',
      });
      assert.deepEqual(seen['scalers'], ratings.scalers);
      assert.deepEqual(seen['parameters'], parameters);
      assert.deepEqual(seen['first'], {
        user_id: ratings.userId[0],
        movie_id: ratings.movieId[0],
        rating: ratings.rating[0],
        timestamp: ratings.timestamp[0],
        time_diff: 0,
        features: [ratings.features[0], ratings.features[1]],
      });
      assert.deepEqual(seen['parts'], [
        { values: 'train', counts: windows.trainCount },
        { values: 'test', counts: windows.label.length - windows.trainCount },
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
