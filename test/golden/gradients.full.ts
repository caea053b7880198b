import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropoutKeys, dropoutMask } from '../../predictor/engine/dropout-mask.js';
import { createWasmEngine } from '../../predictor/engine/wasm/wasm-engine.js';
import { initialState } from '../../predictor/model/initialise.js';
import { type WeightName, weightNames } from '../../predictor/model/weights.js';
import { ensureKernel } from '../support/kernel.js';
import { randomWindows } from '../support/model.js';
import { runPython } from '../support/python.js';

describe("gradients, against TensorFlow's automatic differentiation", function () {
  this.timeout(120_000);
  let folder: string;
  before(async () => {
    await ensureKernel();
    folder = await mkdtemp(join(tmpdir(), 'streamsage-gradients-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const units of [8, 50, 128]) {
    for (const steps of [1, 3, 20]) {
      for (const count of [1, 45]) {
        it(`${units} units, ${steps} steps, a batch of ${count}, dropout on`, async function () {
          const shape = { steps, features: 2, units, denseUnits: 32 };
          const windows = randomWindows(shape, count, units + steps);
          const order = Int32Array.from({ length: count }, (_, row) => row);
          const options = { shape, batchSize: count, learningRate: 0.001, dropout: 0.3, seed: 17 };
          const engine = await createWasmEngine(options);
          const state = initialState(shape, 4);
          engine.load(state);
          const ours = engine.gradients(windows, order);

          const keys = dropoutKeys(options.dropout, options.seed, 0);
          const file = join(folder, 'case.json');
          const rows = Array.from(order);
          await writeFile(
            file,
            JSON.stringify({
              shape,
              weights: Object.fromEntries(weightNames.map((name) => [name, Array.from(state.weights[name])])),
              x: rows.map((row) => Array.from(windows.features.subarray(row * 2, (row + steps) * 2))),
              y: Array.from(windows.label),
              mask: rows.map((row) => Array.from({ length: units }, (_, unit) => dropoutMask(keys, row, unit))),
            }),
          );
          const theirs = JSON.parse(await runPython(this, 'gradients.py', file)) as Record<WeightName, number[]>;
          for (const name of weightNames) {
            const scale = Math.max(...theirs[name].map(Math.abs));
            const difference = Math.max(...theirs[name].map((value, index) => Math.abs(value - ours[name][index]!)));
            assert.ok(difference < 2e-6 + 2e-5 * scale, `${name}: ${difference} of ${scale}`);
          }
        });
      }
    }
  }
});
