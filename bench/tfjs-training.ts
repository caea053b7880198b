/**
 * Contender: the notebook's training by tfjs's own `model.fit`, on the binding that `npm run setup:tensorflow` makes.
 * So slow that only some steps are trained. `node tfjs-training.js WINDOWS STEPS BATCH EPOCHS TRAIN_WINDOWS`
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelFitArgs } from '@tensorflow/tfjs-node-gpu';
import { giveBackRemovedUtilities } from '../adapters/tensorflow.js';
import { startClock } from './process-clock.js';
import type { TrainingObservation } from './statistics.js';

giveBackRemovedUtilities();
const tf = await import('@tensorflow/tfjs-node-gpu').then((module) => module.default);

const [folder = '', ...numbers] = process.argv.slice(2);
const [steps = 5, batchSize = 32, epochs = 3, trainWindows = 3200] = numbers.map(Number);
function floats(name: string): Float32Array {
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, name));
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}
const [x, y] = [floats('train.x'), floats('train.y')];
const [testX, testY] = [floats('test.x'), floats('test.y')];

const elapsed = startClock();
const inputs = tf.tensor3d(x.subarray(0, trainWindows * steps * 2), [trainWindows, steps, 2]);
const labels = tf.tensor2d(y.subarray(0, trainWindows), [trainWindows, 1]);
const testInputs = tf.tensor3d(testX, [testY.length, steps, 2]);
const testLabels = tf.tensor2d(testY, [testY.length, 1]);
const model = tf.sequential({
  layers: [
    // tfjs's own default is hardSigmoid.
    tf.layers.lstm({ units: 64, recurrentActivation: 'sigmoid', inputShape: [steps, 2] }),
    tf.layers.dropout({ rate: 0.2 }),
    tf.layers.dense({ units: 32, activation: 'relu' }),
    tf.layers.dense({ units: 1, activation: 'sigmoid' }),
  ],
});
model.compile({ optimizer: tf.train.adam(0.001), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
const silent = 0 as ModelFitArgs['verbose'] & 0;
const trainSeconds: number[] = [];
const validationSeconds: number[] = [];
for (let epoch = 0; epoch < epochs; epoch++) {
  const epochStarted = performance.now();
  await model.fit(inputs, labels, { epochs: 1, batchSize, verbose: silent });
  const trained = performance.now();
  model.evaluate(testInputs, testLabels, { batchSize });
  trainSeconds.push((trained - epochStarted) / 1000);
  validationSeconds.push((performance.now() - trained) / 1000);
}
const observation: TrainingObservation = {
  ...elapsed(),
  trainSeconds,
  validationSeconds,
  steps: Math.ceil(trainWindows / batchSize),
  version: `tfjs-node ${tf.version['tfjs-node']}, Node ${process.versions.node}`,
};
console.log(JSON.stringify(observation));
