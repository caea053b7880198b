/**
 * The notebook's training with other seeds, on the split of seed 42: how far its metrics spread.
 * `node dist/bench/seeds.js RATINGS SEED…`
 */
import { readFileSync } from 'node:fs';
import { createWasmEngine } from '../predictor/engine/wasm/wasm-engine.js';
import { evaluatePredictions } from '../predictor/evaluation/metrics.js';
import { train } from '../predictor/train.js';
import { notebookWindows } from './windows.js';

const [file = '', ...seeds] = process.argv.slice(2);
const shape = { steps: 5, features: 2, units: 64, denseUnits: 32 };
const data = notebookWindows(readFileSync(file), shape.steps);
for (const seed of seeds.map(Number)) {
  const engine = await createWasmEngine({ shape, batchSize: 32, learningRate: 0.001, dropout: 0.2, seed });
  await train(engine, data, { shape, epochs: 10, seed, fingerprint: '' });
  const metrics = evaluatePredictions(await engine.predict(data.test), data.test.label);
  const { accuracy, logLoss, rocAuc, averagePrecisionStop } = metrics;
  console.log(JSON.stringify({ seed, accuracy, logLoss, rocAuc, averagePrecisionStop }));
}
