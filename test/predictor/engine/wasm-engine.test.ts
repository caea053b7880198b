import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { dropoutKeys, dropoutMask } from '../../../predictor/engine/dropout-mask.js';
import type { EngineOptions } from '../../../predictor/engine/engine.js';
import { createWasmEngine } from '../../../predictor/engine/wasm/wasm-engine.js';
import { TrainingDivergedError } from '../../../predictor/errors.js';
import { initialState } from '../../../predictor/model/initialise.js';
import { weightNames } from '../../../predictor/model/weights.js';
import { RandomState } from '../../../predictor/random.js';
import { ensureKernel, relaxedSimdNeedsFlag } from '../../support/kernel.js';
import { skipWithout } from '../../support/missing.js';
import { randomWindows } from '../../support/model.js';
import { referenceLoss, referenceSlope } from './reference-model.js';

const everyOther = (count: number) => Int32Array.from({ length: count }, (_, index) => (index * 7) % count);
const optionsFor = (shape: EngineOptions['shape'], more: Partial<EngineOptions> = {}): EngineOptions => ({
  shape,
  batchSize: 32,
  learningRate: 0.01,
  dropout: 0,
  seed: 5,
  ...more,
});

describe('the WebAssembly engine', () => {
  before(() => ensureKernel());

  const sizes = [
    { steps: 1, features: 1, units: 1, denseUnits: 1 },
    { steps: 3, features: 2, units: 8, denseUnits: 8 },
    { steps: 4, features: 3, units: 5, denseUnits: 9 },
    { steps: 2, features: 5, units: 17, denseUnits: 3 },
  ];
  for (const shape of sizes) {
    for (const count of [1, 3, 33]) {
      for (const dropout of [0, 0.4]) {
        const { steps, features, units, denseUnits } = shape;
        it(`agrees with a float64 model: ${steps} steps of ${features}, ${units} and ${denseUnits} units, ${count} windows, dropout ${dropout}`, async () => {
          const windows = randomWindows(shape, count);
          const order = everyOther(count);
          const options = optionsFor(shape, { dropout });
          const engine = await createWasmEngine(options);
          const state = initialState(shape, 3);
          // Off the kink: a row whose units are all dropped would sit on it with a bias of 0.
          state.weights.denseBias.fill(0.1);
          engine.load(state);
          const keys = dropoutKeys(dropout, options.seed, 0);
          const mask = dropout ? (row: number, unit: number) => dropoutMask(keys, row, unit) : undefined;
          const gradients = engine.gradients(windows, order);

          const random = new RandomState(9);
          const direction = Object.fromEntries(
            weightNames.map((name) => [
              name,
              Float64Array.from(state.weights[name], () => random.uniform() - 0.5),
            ]),
          ) as Record<(typeof weightNames)[number], Float64Array>;
          const slope = weightNames.reduce(
            (sum, name) =>
              direction[name].reduce((part, value, index) => part + value * gradients[name][index]!, sum),
            0,
          );
          const expected = referenceSlope(state.weights, direction, (weights) =>
            referenceLoss(shape, weights, windows, order, mask),
          );
          assert.ok(
            Math.abs(slope - expected) < 2e-5 * Math.max(1, Math.abs(expected)),
            `${slope} and ${expected}`,
          );

          if (dropout === 0) {
            const { loss } = await engine.evaluate({ ...windows });
            assert.ok(Math.abs(loss - referenceLoss(shape, state.weights, windows, order)) < 1e-6);
          }
        });
      }
    }
  }

  it('learns', async () => {
    const shape = { steps: 3, features: 2, units: 8, denseUnits: 8 };
    const windows = randomWindows(shape, 100);
    const engine = await createWasmEngine(optionsFor(shape));
    engine.load(initialState(shape, 1));
    const order = everyOther(100);
    const before = (await engine.evaluate(windows)).loss;
    for (let epoch = 0; epoch < 20; epoch++) await engine.trainEpoch(windows, order);
    assert.ok((await engine.evaluate(windows)).loss < before - 0.05);
  });

  it('gives the same bytes again, and from a state that was saved and loaded', async () => {
    const shape = { steps: 3, features: 2, units: 9, denseUnits: 4 };
    const windows = randomWindows(shape, 75);
    const order = everyOther(75);
    const options = optionsFor(shape, { dropout: 0.3 });
    const [first, second] = [await createWasmEngine(options), await createWasmEngine(options)];
    first.load(initialState(shape, 1));
    await first.trainEpoch(windows, order);
    second.load(first.save());
    assert.deepEqual(second.save(), first.save());
    assert.deepEqual(await second.trainEpoch(windows, order), await first.trainEpoch(windows, order));
    assert.deepEqual(second.save(), first.save());
    assert.deepEqual(await second.predict(windows), await first.predict(windows));
  });

  it('adds up the gradients of a batch that is larger than a chunk', async () => {
    const shape = { steps: 2, features: 2, units: 8, denseUnits: 8 };
    const windows = randomWindows(shape, 100);
    const whole = await createWasmEngine(optionsFor(shape, { batchSize: 100 }));
    const state = initialState(shape, 2);
    whole.load(state);
    const all = whole.gradients(windows, everyOther(100));
    const half = [0, 50].map((from) => whole.gradients(windows, everyOther(100).subarray(from, from + 50)));
    for (const name of weightNames) {
      for (const [index, value] of all[name].entries()) {
        assert.ok(Math.abs(value - (half[0]![name][index]! + half[1]![name][index]!) / 2) < 1e-6);
      }
    }
  });

  it('says where there is no relaxed SIMD what to do', async function () {
    if (!relaxedSimdNeedsFlag) skipWithout(this, 'a Node without relaxed SIMD');
    const module = new URL('../../../predictor/engine/wasm/wasm-engine.ts', import.meta.url);
    const options = optionsFor({ steps: 2, features: 2, units: 8, denseUnits: 8 }, { fastMath: true });
    const code = `const { createWasmEngine } = await import(${JSON.stringify(module)});
      await createWasmEngine(${JSON.stringify(options)}).then(() => console.log('ready'), (error) => console.log(error.name, error.message));`;
    const say = async (...flags: string[]) => {
      const args = [...flags, '--import', 'tsx', '--input-type=module', '-e', code];
      return (await promisify(execFile)(process.execPath, args)).stdout.trim();
    };
    assert.match(await say(), /^EngineUnavailableError .*Node 22.*--experimental-wasm-relaxed-simd/);
    assert.equal(await say('--experimental-wasm-relaxed-simd'), 'ready');
  });

  it('says that training diverged, and what to lower', async () => {
    const shape = { steps: 2, features: 2, units: 8, denseUnits: 8 };
    const windows = randomWindows(shape, 64);
    windows.features[3] = NaN;
    const engine = await createWasmEngine(optionsFor(shape));
    engine.load(initialState(shape, 1));
    await assert.rejects(
      engine.trainEpoch(windows, everyOther(64)),
      (error: Error) =>
        error instanceof TrainingDivergedError && /`learningRate` \(0.01\)/.test(error.message),
    );
  });
});

describe('dropout masks', () => {
  it('drop the share that was asked for, and scale the rest', () => {
    const keys = dropoutKeys(0.2, 42, 3);
    const values = Array.from({ length: 20_000 }, (_, index) => dropoutMask(keys, index >> 6, index & 63));
    const dropped = values.filter((value) => value === 0).length / values.length;
    assert.ok(Math.abs(dropped - 0.2) < 0.01, String(dropped));
    assert.equal(Math.max(...values), 1.25);
  });

  it('differ from step to step and from seed to seed', () => {
    const mask = (seed: number, step: number) =>
      Array.from({ length: 64 }, (_, unit) => dropoutMask(dropoutKeys(0.5, seed, step), 0, unit)).join();
    assert.equal(new Set([mask(1, 0), mask(1, 1), mask(2, 0), mask(2, 1)]).size, 4);
  });
});
