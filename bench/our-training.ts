/**
 * Contender: the notebook's training on an engine of ours, from windows on.
 * `node our-training.js ENGINE RATINGS STEPS BATCH EPOCHS [TRAIN_WINDOWS [TEST_WINDOWS]]`
 */
import { readFileSync } from 'node:fs';
import type { TrainingEngine } from '../predictor/engine/engine.js';
import { train } from '../predictor/train.js';
import type { WindowSet } from '../predictor/windows/window-set.js';
import { startClock } from './process-clock.js';
import { ourEngines } from './our-engines.js';
import type { TrainingObservation } from './statistics.js';
import { notebookWindows } from './windows.js';

const [kind = '', file = '', ...numbers] = process.argv.slice(2);
const [steps = 5, batchSize = 32, epochs = 10, trainWindows, testWindows] = numbers.map(Number);
const ours = ourEngines[kind];
if (!ours) throw new Error(`Expected one of ${Object.keys(ourEngines).join(', ')}, got \`${kind}\``);
const shape = { steps, features: 2, units: 64, denseUnits: 32 };
const parts = notebookWindows(readFileSync(file), steps);
const data = { train: firstOf(parts.train, trainWindows), test: firstOf(parts.test, testWindows) };

function firstOf(windows: WindowSet, count: number | undefined): WindowSet {
  const { firstRow, label } = windows;
  return { ...windows, firstRow: firstRow.subarray(0, count), label: label.subarray(0, count) };
}

const trainSeconds: number[] = [];
const validationSeconds: number[] = [];
async function timed<Result>(into: number[], work: () => Promise<Result>): Promise<Result> {
  const started = performance.now();
  const result = await work();
  into.push((performance.now() - started) / 1000);
  return result;
}

const elapsed = startClock();
const engine = await ours.create({ shape, batchSize, learningRate: 0.001, dropout: 0.2, seed: 42 });
const watched: TrainingEngine = {
  name: engine.name,
  batchSize: engine.batchSize,
  load: (state) => engine.load(state),
  save: () => engine.save(),
  trainEpoch: (...epoch) => timed(trainSeconds, () => engine.trainEpoch(...epoch)),
  evaluate: (windows) => timed(validationSeconds, () => engine.evaluate(windows)),
  predict: (windows) => engine.predict(windows),
};
const { history } = await train(watched, data, { shape, epochs, seed: 42, fingerprint: '' });
const observation: TrainingObservation = {
  ...elapsed(),
  trainSeconds,
  validationSeconds,
  steps: Math.ceil(data.train.label.length / batchSize),
  validationLoss: history.at(-1)!.valLoss,
  version: `Node ${process.versions.node}`,
};
console.log(JSON.stringify(observation));
