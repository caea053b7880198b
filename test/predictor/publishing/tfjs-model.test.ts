import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { InvalidWeightsError } from '../../../predictor/errors.js';
import { initialWeights } from '../../../predictor/model/initialise.js';
import { type TfjsModelFiles, writeTfjsModel } from '../../../predictor/publishing/tfjs-model.js';
import { ensureKernel } from '../../support/kernel.js';
import { enginePredictions, randomWeights, randomWindows, windowValues } from '../../support/model.js';

const notebook = { steps: 5, features: 2, units: 64, denseUnits: 32 };
const small = { steps: 5, features: 2, units: 8, denseUnits: 4 };
const options = { dropout: 0.2, learningRate: 0.01, metadata: { source: 'synthetic' } };

/** The model as plain TensorFlow.js reads it over HTTP, each file from its own address. */
async function load(files: TfjsModelFiles): Promise<tf.LayersModel> {
  const served = new Map(Object.entries(files).map(([name, bytes]) => [`/models/${name}`, bytes]));
  const fetchFunc = (address: unknown) => {
    const bytes = served.get(new URL(String(address)).pathname);
    return Promise.resolve(
      new Response(bytes && new Blob([Uint8Array.from(bytes)]), { status: bytes ? 200 : 404 }),
    );
  };
  return tf.loadLayersModel(tf.io.http('http://model.invalid/models/model.json', { fetchFunc }));
}

describe('the TensorFlow.js model', () => {
  before(async () => {
    await ensureKernel();
    // Without the advice to install the native backend.
    tf.enableProdMode();
    await tf.setBackend('cpu');
  });
  afterEach(() => tf.disposeVariables());

  for (const units of [8, 64]) {
    for (const steps of [1, 5]) {
      for (const denseUnits of [4, 32]) {
        it(`predicts what the engine does: ${steps} steps, ${units} and ${denseUnits} units`, async () => {
          const shape = { steps, features: 2, units, denseUnits };
          const weights = randomWeights(shape);
          const windows = randomWindows(shape, 40);
          const expected = await enginePredictions(shape, weights, windows);
          const model = await load(writeTfjsModel(shape, weights, options));
          const input = tf.tensor3d(windowValues(windows), [40, steps, 2]);
          const got = (model.predict(input) as tf.Tensor).dataSync();
          const largest = Math.max(...Array.from(expected, (value, index) => Math.abs(value - got[index]!)));
          assert.equal(got.length, 40);
          assert.ok(largest < 1e-6, String(largest));
        });
      }
    }
  }

  it('is loaded from memory, too, with the names of the Keras file', async () => {
    const files = writeTfjsModel(notebook, randomWeights(notebook), options);
    const json = JSON.parse(new TextDecoder().decode(files['model.json'])) as tf.io.ModelJSON;
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({
        modelTopology: json.modelTopology,
        weightSpecs: json.weightsManifest[0]!.weights,
        weightData: Uint8Array.from(files['group1-shard1of1.bin']).buffer,
      }),
    );
    assert.deepEqual(
      model.layers.map(({ name }) => name),
      ['input_layer', 'lstm', 'dropout', 'dense', 'dense_1'],
    );
    assert.equal(model.countParams(), 19_265);
    assert.deepEqual(
      json.weightsManifest[0]!.weights.map(({ name, shape }) => `${name} ${shape.join('x')}`),
      [
        'lstm/lstm_cell/kernel 2x256',
        'lstm/lstm_cell/recurrent_kernel 64x256',
        'lstm/lstm_cell/bias 256',
        'dense/kernel 64x32',
        'dense/bias 32',
        'dense_1/kernel 32x1',
        'dense_1/bias 1',
      ],
    );
  });

  it('says what it was trained on', async () => {
    const model = await load(writeTfjsModel(small, randomWeights(small), options));
    assert.deepEqual(model.getUserDefinedMetadata(), { source: 'synthetic' });
  });

  it('is compiled as it was trained, with the dropout, and trains on', async () => {
    const model = await load(writeTfjsModel(small, initialWeights(small, 1), options));
    assert.equal(model.optimizer.getClassName(), 'Adam');
    assert.equal((model.optimizer.getConfig() as { learningRate: number }).learningRate, 0.01);
    assert.equal(model.layers[2]!.getConfig()['rate'], 0.2);
    const windows = randomWindows(small, 64);
    const input = tf.tensor3d(windowValues(windows), [64, 5, 2]);
    const labels = tf.tensor2d(Array.from(windows.label), [64, 1]);
    const { history } = await model.fit(input, labels, { epochs: 5, batchSize: 32, shuffle: false });
    assert.deepEqual(Object.keys(history), ['loss', 'acc']);
    assert.ok(Number(history['loss']!.at(-1)) < Number(history['loss']![0]), String(history['loss']));
  });

  it('is the same bytes each time', () => {
    const [first, second] = [1, 2].map(() => writeTfjsModel(small, randomWeights(small), options));
    assert.deepEqual(first, second);
  });

  it('is not made of weights of another shape', () => {
    assert.throws(
      () => writeTfjsModel({ ...small, units: 9 }, randomWeights(small), options),
      (error) =>
        error instanceof InvalidWeightsError &&
        error.message.includes(
          'lstm/lstm_cell/kernel to be float32 [2, 36], 72 values, got 64: the weights are of another shape',
        ),
    );
  });
});
