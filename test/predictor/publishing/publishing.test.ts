import assert from 'node:assert/strict';
import { InvalidWeightsError } from '../../../predictor/errors.js';
import { initialWeights } from '../../../predictor/model/initialise.js';
import { historyDocument } from '../../../predictor/publishing/history.js';
import { readKerasWeights, writeKerasFile } from '../../../predictor/publishing/keras-file.js';
import { modelSummary } from '../../../predictor/publishing/model-summary.js';
import { learningCurves } from '../../../predictor/publishing/plots.js';

const shape = { steps: 5, features: 2, units: 6, denseUnits: 4 };
const weights = initialWeights(shape, 1);
const options = { dropout: 0.2, learningRate: 0.001, metadata: { source: 'synthetic' } };
const history = [1, 2, 3].map((epoch) => ({
  epoch,
  loss: 0.1 / epoch,
  accuracy: 0.98,
  valLoss: 0.09 / epoch,
  valAccuracy: 0.983,
}));

describe('the Keras file', () => {
  it('gives back the weights bit for bit', async () => {
    assert.deepEqual(await readKerasWeights(await writeKerasFile(shape, weights, options), shape), weights);
  });

  it('is the same bytes a second later, and leaves the clock alone', async () => {
    const first = await writeKerasFile(shape, weights, options);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    assert.deepEqual(await writeKerasFile(shape, weights, options), first);
    assert.ok(Date.now() > 1.7e12);
  });

  it('may be written many times at once', async () => {
    const files = await Promise.all(
      [1, 2, 3].map((seed) => writeKerasFile(shape, initialWeights(shape, seed), options)),
    );
    for (const [index, file] of files.entries()) {
      assert.deepEqual(await readKerasWeights(file, shape), initialWeights(shape, index + 1));
    }
  });

  it('is refused when it is cut, something else, or of another shape', async () => {
    const file = await writeKerasFile(shape, weights, options);
    await assert.rejects(readKerasWeights(file.subarray(0, 100), shape), InvalidWeightsError);
    await assert.rejects(readKerasWeights(new Uint8Array(3), shape), InvalidWeightsError);
    await assert.rejects(
      readKerasWeights(file, { ...shape, units: 7 }),
      /lstm\/lstm_cell\/kernel .* \[2, 28\], got \[2, 24\]/,
    );
  });
});

describe('the model summary', () => {
  it("counts the notebook's 19,265 parameters", () => {
    const text = modelSummary({ steps: 5, features: 2, units: 64, denseUnits: 32 });
    assert.match(text, / Total params: 19,265 \(75\.25 KB\)/);
    assert.match(text, /│ lstm \(LSTM\) {21}│ \(None, 64\) {13}│ {8}17,152 │/);
  });
});

describe('the history', () => {
  it("has the names of Keras's", () => {
    assert.deepEqual(Object.keys(historyDocument(history)), [
      'epoch',
      'loss',
      'accuracy',
      'val_loss',
      'val_accuracy',
    ]);
    assert.deepEqual(historyDocument(history).val_loss, [0.09, 0.045, 0.03]);
  });
});

describe('the learning curves', () => {
  const baselines = { majorityAccuracy: 0.984, baseRateLogLoss: 0.0872 };

  it('are drawn with the line to beat, as SVG and PNG, in the same bytes each time', async () => {
    const curves = await learningCurves(history, { ...baselines, synthetic: false });
    const svg = new TextDecoder().decode(curves.accuracySvg);
    assert.match(svg, /majority class alone/);
    assert.match(new TextDecoder().decode(curves.lossSvg), /base rate alone/);
    assert.doesNotMatch(svg, /synthetic/);
    for (const png of [curves.accuracyPng, curves.lossPng]) {
      assert.deepEqual(Array.from(png.subarray(0, 4)), [0x89, 0x50, 0x4e, 0x47]);
      assert.ok(png.length > 5000);
    }
    assert.deepEqual(await learningCurves(history, { ...baselines, synthetic: false }), curves);
  });

  it('say it when the data is synthetic', async () => {
    const { lossSvg } = await learningCurves(history.slice(0, 1), { ...baselines, synthetic: true });
    assert.match(new TextDecoder().decode(lossSvg), /synthetic data, not MovieLens/);
  });
});
