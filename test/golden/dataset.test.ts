import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolveParameters } from '../../predictor/config.js';
import { describeDataset } from '../../predictor/dataset.js';
import { extractRatings } from '../../predictor/ratings/archive.js';
import { requireShared } from '../support/shared-folder.js';

describe('MovieLens 100K', () => {
  it('becomes what pandas, NumPy and scikit-learn make of it, in every field', async function () {
    const archive = await readFile(requireShared(this, 'data/ml-100k.zip'));
    const golden: unknown = JSON.parse(await readFile(requireShared(this, 'golden/ml-100k.json'), 'utf8'));
    const { ratings } = await extractRatings(archive, 'ml-100k.zip');
    assert.deepEqual(describeDataset(ratings, resolveParameters()), golden);
  });
});
