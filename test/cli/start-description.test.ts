import assert from 'node:assert/strict';
import fc from 'fast-check';
import { movielensRatingsSha256 } from '../../adapters/movielens.js';
import { startDescription } from '../../cli/start-description.js';
import type { TrainInput } from '../../workflows/contract.js';

const uploaded = (name: string, sha256 = '0'.repeat(64)): TrainInput => ({
  source: { kind: 'uploaded', name, ratings: { key: 'k', sha256, bytes: 1_979_173 } },
  parameters: { epochs: 20 },
});

describe('what a run is, for the web UI', () => {
  it('names data set, recipe, who started it, and the command that does it again', () => {
    const { staticSummary, staticDetails } = startDescription(
      uploaded('mine.zip', movielensRatingsSha256),
      'hand',
    );
    assert.equal(
      staticSummary,
      'Binge predictor on MovieLens 100K (`mine.zip`) · `notebook, epochs=20` · by hand',
    );
    assert.match(staticDetails, /2\.0 MB of ratings, SHA-256 `06416e597f82b734`/);
    assert.match(staticDetails, /\*\*Started\*\* by hand$/m);
    assert.match(staticDetails, /^npx --no-install streamsage train --source mine\.zip --epochs 20$/m);
    assert.match(startDescription(uploaded('x'), 'backfill').staticDetails, /by the backfill of a schedule/);
  });

  it('does not call ratings MovieLens that are not', () => {
    const { staticSummary } = startDescription(uploaded('ml-100k.zip'), 'hand');
    assert.match(staticSummary, /^Binge predictor on `ml-100k\.zip` ·/);
    assert.match(
      startDescription({ source: { kind: 'synthetic' } }, 'hand').staticDetails,
      /made by a seeded/,
    );
  });

  it("fits into the server's 400 and 20,000 bytes, whatever a file is called", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.constant('🎬'.repeat(200))),
        (name) => {
          const input = { ...uploaded(name), parameters: { learningRate: 0.123456789, stopWeight: 57.123 } };
          const { staticSummary, staticDetails } = startDescription(input, 'backfill');
          assert.ok(Buffer.byteLength(JSON.stringify(staticSummary)) < 350);
          assert.ok(Buffer.byteLength(JSON.stringify(staticDetails)) < 8000);
          assert.equal(staticSummary.split('`').length % 2, 1);
        },
      ),
    );
  });
});
