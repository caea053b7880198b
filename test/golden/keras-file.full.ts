import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelSummary } from '../../predictor/publishing/model-summary.js';
import { readKerasWeights, writeKerasFile } from '../../predictor/publishing/keras-file.js';
import { runPython } from '../support/python.js';
import { requireShared } from '../support/shared-folder.js';

const shape = { steps: 5, features: 2, units: 64, denseUnits: 32 };

describe('binge_model.h5 in Keras 3', function () {
  this.timeout(120_000);

  it('predicts as the model that Keras wrote, is summarised as we say, and trains on', async function () {
    const golden = requireShared(this, 'golden/keras_200.h5');
    const folder = await mkdtemp(join(tmpdir(), 'streamsage-keras-'));
    try {
      const weights = await readKerasWeights(await readFile(golden), shape);
      const file = join(folder, 'binge_model.h5');
      await writeFile(file, await writeKerasFile(shape, weights, { dropout: 0.2, learningRate: 0.001 }));
      const seen = JSON.parse(await runPython(this, 'keras_file.py', file, golden)) as {
        keras: string;
        difference: number;
        summary: string;
        dropout: number;
        optimizer: string;
        learning_rate: number;
        before: number;
        losses: number[];
      };
      assert.match(seen.keras, /^3\./);
      assert.ok(seen.difference < 1e-6, String(seen.difference));
      assert.equal(seen.summary.trimEnd(), modelSummary(shape).trimEnd());
      assert.equal(seen.dropout, 0.2);
      assert.equal(seen.optimizer, 'adam');
      assert.ok(Math.abs(seen.learning_rate - 0.001) < 1e-9);
      assert.ok(seen.losses.at(-1)! < seen.before, 'training should go on');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
