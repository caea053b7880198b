import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPredictor, prepare, train, writeKerasFile as fileOf } from '../../predictor/index.js';
import { modelSummary } from '../../predictor/publishing/model-summary.js';
import { readKerasWeights, writeKerasFile } from '../../predictor/publishing/keras-file.js';
import { ensureBuild } from '../../infra/build.js';
import { largestDifference } from '../support/keras-golden.js';
import { enginePredictions, windowValues } from '../support/model.js';
import { runPython } from '../support/python.js';
import { requireShared } from '../support/shared-folder.js';
import { fewRatings } from '../support/training-job.js';

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

describe('binge_model.h5 in Keras 2', function () {
  this.timeout(300_000);

  before(() => ensureBuild(() => undefined));

  it('predicts what our engine does, trains on, and what Keras saves then is loaded here', async function () {
    const dataset = await prepare(fewRatings());
    const model = await train(dataset, { parameters: { epochs: 3, learningRate: 0.01 } });
    const expected = await enginePredictions(model.shape, model.weights, dataset.test);
    const folder = await mkdtemp(join(tmpdir(), 'streamsage-keras-2-'));
    try {
      const [file, cases] = [join(folder, 'binge_model.h5'), join(folder, 'case.json')];
      await writeFile(file, await fileOf(model));
      await writeFile(cases, JSON.stringify({ x: windowValues(dataset.test), steps: model.shape.steps }));
      const seen = JSON.parse(await runPython(this, 'keras2_file.py', file, cases)) as {
        keras: string;
        tensorflow: string;
        predictions: number[];
        layers: string[];
        dropout: number;
        optimizer: string;
        learning_rate: number;
        before: number;
        losses: number[];
        after: number[];
      };
      assert.match(seen.keras, /^2\./);
      assert.equal(seen.tensorflow, '2.21.0');
      assert.equal(seen.predictions.length, expected.length);
      const difference = largestDifference(seen.predictions, expected);
      assert.ok(difference < 1e-6, String(difference));
      assert.deepEqual(seen.layers, ['LSTM lstm', 'Dropout dropout', 'Dense dense', 'Dense dense_1']);
      assert.equal(seen.dropout, 0.2);
      assert.equal(seen.optimizer, 'Adam');
      assert.ok(Math.abs(seen.learning_rate - 0.01) < 1e-8);
      assert.ok(seen.losses.at(-1)! < seen.before, 'training should go on');
      const saved = await readFile(join(folder, 'binge_model_trained_on.h5'));
      const { scalers } = dataset.ratings;
      await assert.rejects(loadPredictor(saved), /`scalers`/);
      const { weights } = await loadPredictor(saved, { scalers });
      const trainedOn = await enginePredictions(model.shape, weights, dataset.test);
      assert.ok(largestDifference(seen.after, trainedOn) < 1e-6);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('as Keras 3 writes it is loaded here, too', async function () {
    const golden = requireShared(this, 'golden/keras_200.h5');
    const { scalers } = (await prepare(fewRatings())).ratings;
    const { shape: read, weights } = await loadPredictor(await readFile(golden), { scalers });
    assert.deepEqual(read, shape);
    assert.deepEqual(weights, await readKerasWeights(await readFile(golden), shape));
  });
});
