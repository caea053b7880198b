import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeDataset } from '../../predictor/dataset.js';
import { RandomState } from '../../predictor/random.js';
import { syntheticRatings } from '../../predictor/ratings/synthetic.js';
import { runPython } from '../support/python.js';
import { requireShared } from '../support/shared-folder.js';

/** A few hundred ratings with many ties, users of all lengths and large gaps. */
function tiedRatings(seed: number): Uint8Array {
  const random = new RandomState(seed);
  const lines = Array.from({ length: 400 }, () => {
    const user = 1 + random.interval(12) ** 2;
    const second = random.interval(3) === 0 ? random.interval(2_000_000_000) : 880_000_000 + random.interval(40);
    return [user, 1 + random.interval(99), 1 + random.interval(4), second].join('\t');
  });
  return new TextEncoder().encode(lines.join('\n'));
}

describe('any data set, against pandas, NumPy and scikit-learn', function () {
  this.timeout(300_000);
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'streamsage-golden-'))));
  after(() => rm(folder, { recursive: true }));

  const cases = [
    ['MovieLens', 10, 3600, 0.25, 1],
    ['MovieLens', 1, 1, 0.1, 2_147_483_648],
    ['MovieLens', 100, 86_400, 0.333, 4_294_967_295],
    ['synthetic', 5, 7200, 0.2, 42],
    ['tied', 3, 20, 0.2, 0],
    ['tied again', 8, 5, 0.5, 7],
  ] as const;

  for (const [data, sequenceLength, bingeThreshold, testSize, seed] of cases) {
    it(`${data}: windows of ${sequenceLength}, ${bingeThreshold} s, test share ${testSize}, seed ${seed}`, async function () {
      const script = requireShared(this, 'golden/make_golden.py');
      const ratings =
        data === 'MovieLens'
          ? await readFile(requireShared(this, 'data/ml-100k/u.data'))
          : data === 'synthetic'
            ? syntheticRatings()
            : tiedRatings(seed);
      const file = join(folder, 'u.data');
      await writeFile(file, ratings);
      const printed = await runPython(
        this,
        script,
        ...[file, '--sequence-length', String(sequenceLength), '--binge-threshold', String(bingeThreshold)],
        ...['--test-size', String(testSize), '--seed', String(seed)],
      );
      const ours = describeDataset(ratings, { sequenceLength, bingeThreshold, testSize, seed });
      assert.deepEqual(ours, JSON.parse(printed));
    });
  }
});
