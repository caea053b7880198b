/** Contender: the notebook's training on our engine, from windows on. `node our-training.js FILE EPOCHS` */
import { readFileSync } from 'node:fs';
import { createWasmEngine } from '../predictor/engine/wasm/wasm-engine.js';
import { parseRatings } from '../predictor/ratings/parse.js';
import { buildRatingsTable } from '../predictor/ratings/ratings-table.js';
import { train } from '../predictor/train.js';
import { buildWindowTable, decodeWindows, encodeWindows } from '../predictor/windows/window-table.js';

const [file, epochs] = [process.argv[2]!, Number(process.argv[3])];
const shape = { steps: 5, features: 2, units: 64, denseUnits: 32 };
const ratings = buildRatingsTable(parseRatings(readFileSync(file)));
const table = buildWindowTable(ratings, { sequenceLength: 5, bingeThreshold: 7200, testSize: 0.2, seed: 42 });
const data = decodeWindows(encodeWindows(table), ratings);
const started = performance.now();
const engine = await createWasmEngine({ shape, batchSize: 32, learningRate: 0.001, dropout: 0.2, seed: 42 });
const { history } = await train(engine, data, { shape, epochs, seed: 42, fingerprint: '' });
const seconds = (performance.now() - started) / 1000;
console.log(
  JSON.stringify({
    seconds,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    valLoss: history.at(-1)?.valLoss,
  }),
);
