/**
 * Trains on a few synthetic ratings and prints the SHA-256 of what came of it, as JSON. Plain JavaScript over the build,
 * for a Node that may have no TypeScript loader of its architecture. `node train-and-hash.js DIST_URL`
 */
import { createHash } from 'node:crypto';

/** @param {string} path @returns {Promise<any>} a module of the build */
const built = (path) => import(new URL(path, process.argv[2]).href);
/** @param {Uint8Array} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

const { resolveParameters } = await built('predictor/config.js');
const { createWasmEngine } = await built('predictor/engine/wasm/wasm-engine.js');
const { decodeCheckpoint } = await built('predictor/model/checkpoint.js');
const { writeKerasFile } = await built('predictor/publishing/keras-file.js');
const { parseRatings } = await built('predictor/ratings/parse.js');
const { buildRatingsTable, encodeRatings } = await built('predictor/ratings/ratings-table.js');
const { syntheticRatings } = await built('predictor/ratings/synthetic.js');
const { trainedWeights } = await built('predictor/train.js');
const { runTrainingJob } = await built('predictor/training-job.js');
const { buildWindowTable, encodeWindows } = await built('predictor/windows/window-table.js');

const parameters = resolveParameters({ epochs: 2 });
const all = new TextDecoder().decode(syntheticRatings()).split('\n');
const few = all.filter((line) => line !== '' && Number(line.split('\t')[0]) <= 40).join('\n');
const ratings = buildRatingsTable(parseRatings(new TextEncoder().encode(few)));
const ratingsTable = encodeRatings(ratings);
const windowTable = encodeWindows(buildWindowTable(ratings, parameters));
const plan = { engine: 'wasm', device: 'cpu', fastMath: false, reason: 'test', runtime: 'wasm' };
const job = { ratingsTable, windowTable, parameters, plan, fingerprint: 'f' };
const { checkpoint } = await runTrainingJob(
  job,
  (/** @type {unknown} */ _, /** @type {unknown} */ options) => createWasmEngine(options),
  { progress() {}, epochEnded() {}, save() {} },
);
const { sequenceLength: steps, lstmUnits: units, denseUnits, dropout, learningRate } = parameters;
const model = await writeKerasFile(
  { steps, features: 2, units, denseUnits },
  trainedWeights(decodeCheckpoint(checkpoint)),
  { dropout, learningRate, metadata: {} },
);
console.log(
  JSON.stringify({
    architecture: process.arch,
    hashes: {
      ratings: sha256(new TextEncoder().encode(all.join('\n'))),
      ratingsTable: sha256(ratingsTable),
      windowTable: sha256(windowTable),
      checkpoint: sha256(checkpoint),
      model: sha256(model),
    },
  }),
);
