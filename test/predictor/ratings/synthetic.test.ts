import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describeDataset } from '../../../predictor/dataset.js';
import { resolveParameters } from '../../../predictor/config.js';
import { syntheticRatings } from '../../../predictor/ratings/synthetic.js';

describe('synthetic ratings', () => {
  it('are the same bytes on every machine, and others for another seed', () => {
    const digest = (seed?: number) => createHash('sha256').update(syntheticRatings(seed)).digest('hex');
    assert.equal(digest(), '624b6d59cec875d3fd78875f2e3b98085898e030e6385db73e4ef4e97c000f03');
    assert.notEqual(digest(2), digest());
  });

  it('have the size and the rarity of stops of MovieLens 100K', () => {
    const report = describeDataset(syntheticRatings(), resolveParameters());
    assert.equal(report.users, 943);
    assert.equal(report.movies, 1682);
    assert.ok(report.ratings > 80_000 && report.ratings < 140_000, String(report.ratings));
    const stopShare = report.stop / report.windows;
    assert.ok(stopShare > 0.012 && stopShare < 0.025, String(stopShare));
  });
});
