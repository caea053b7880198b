import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluatePredictions } from '../../predictor/evaluation/metrics.js';
import { RandomState } from '../../predictor/random.js';
import { runPython } from '../support/python.js';

describe("metrics, against scikit-learn's", function () {
  this.timeout(60_000);

  it('agree on random predictions, with and without ties', async function () {
    const random = new RandomState(1);
    const cases = [50, 500, 5000].flatMap((count) =>
      [0, 1, 3].map((digits) => ({
        // Powers of two divide exactly, so that 1 − p ties where p does.
        probabilities: Array.from({ length: count }, () => {
          const p = random.uniform();
          return digits === 0 ? Math.round(p * 2 ** 30) / 2 ** 30 : Math.round(p * 2 ** digits) / 2 ** digits;
        }),
        labels: Array.from({ length: count }, (_, index) => (index < 2 ? index : Number(random.uniform() < 0.9))),
      })),
    );
    const folder = await mkdtemp(join(tmpdir(), 'streamsage-metrics-'));
    try {
      const file = join(folder, 'cases.json');
      await writeFile(file, JSON.stringify(cases));
      const theirs = JSON.parse(await runPython(this, 'metrics.py', file)) as Record<string, number>[];
      for (const [index, { probabilities, labels }] of cases.entries()) {
        const ours = evaluatePredictions(probabilities, Uint8Array.from(labels)) as unknown as Record<string, number>;
        for (const [name, value] of Object.entries(theirs[index]!)) {
          assert.ok(Math.abs(ours[name]! - value) < 1e-9, `${name}: ${ours[name]} and ${value}`);
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
