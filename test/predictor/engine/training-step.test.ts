import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { kernelFile } from '../../../infra/build-kernel.js';
import type { EngineOptions, EpochProgress } from '../../../predictor/engine/engine.js';
import { createWasmEngine } from '../../../predictor/engine/wasm/wasm-engine.js';
import { initialState } from '../../../predictor/model/initialise.js';
import { type ModelShape, weightNames } from '../../../predictor/model/weights.js';
import { RandomState } from '../../../predictor/random.js';
import { ensureKernel } from '../../support/kernel.js';
import { randomWindows } from '../../support/model.js';
import { referenceAdam } from './reference-adam.js';

const shape = { steps: 3, features: 2, units: 9, denseUnits: 5 };
const engineFor = (more: Partial<EngineOptions> = {}) =>
  createWasmEngine({ shape, batchSize: 32, learningRate: 0.01, dropout: 0, seed: 5, ...more });
const inOrder = (count: number) => Int32Array.from({ length: count }, (_, index) => index);

/** A state that computes nothing but what the test sets. */
function zeroState(of: ModelShape) {
  const state = initialState(of, 1);
  for (const name of weightNames) state.weights[name].fill(0);
  return state;
}

describe('an epoch', () => {
  before(() => ensureKernel());

  for (const { batchSize, count } of [
    { batchSize: 1, count: 3 },
    { batchSize: 16, count: 33 },
    { batchSize: 50, count: 120 },
    { batchSize: 64, count: 10 },
  ]) {
    it(`is a step of Adam a batch, to the bit: ${count} windows in batches of ${batchSize}`, async () => {
      const options = { batchSize, dropout: 0.3 };
      const windows = randomWindows(shape, count);
      const order = new RandomState(8).permutation(count);
      const [whole, stepwise] = [await engineFor(options), await engineFor(options)];
      let state = initialState(shape, 2);
      whole.load(state);
      await whole.trainEpoch(windows, order);
      for (let first = 0; first < count; first += batchSize) {
        stepwise.load(state);
        state = referenceAdam(
          state,
          stepwise.gradients(windows, order.slice(first, first + batchSize)),
          0.01,
        );
      }
      assert.deepEqual(whole.save(), state);
    });
  }

  it('says the loss and the accuracy that its windows had before they were learnt', async () => {
    const windows = randomWindows(shape, 75);
    const engine = await engineFor({ batchSize: 75 });
    const state = initialState(shape, 2);
    engine.load(state);
    const sorted = (await engine.predict(windows)).sort();
    const middle = sorted[37]!;
    // Moves the model's logits to both sides of 0.
    state.weights.outputBias[0] = -Math.log(middle / (1 - middle));
    engine.load(state);
    const probabilities = await engine.predict(windows);
    const correct = windows.label.filter(
      (label, index) => label === Number(probabilities[index]! > 0.5),
    ).length;
    assert.ok(probabilities.some((p) => p > 0.5) && probabilities.some((p) => p < 0.5));
    const tested = await engine.evaluate(windows);
    assert.equal(tested.accuracy, correct / 75);
    const trained = await engine.trainEpoch(windows, inOrder(75));
    assert.equal(trained.accuracy, correct / 75);
    assert.ok(Math.abs(trained.loss - tested.loss) < 1e-6);
  });

  it('lets other work of the process have its turn, and says how far it is', async () => {
    const large = { steps: 20, features: 2, units: 64, denseUnits: 32 };
    const windows = randomWindows(large, 8000);
    const engine = await engineFor({ shape: large });
    engine.load(initialState(large, 1));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const turnsWhile = async (work: Promise<unknown>) => {
      turns = 0;
      await work;
      return turns;
    };
    try {
      const reported: EpochProgress[] = [];
      const epoch = engine.trainEpoch(windows, inOrder(8000), (progress) => void reported.push(progress));
      assert.ok((await turnsWhile(epoch)) >= 2);
      assert.ok((await turnsWhile(engine.evaluate(windows))) >= 1);
      assert.ok((await turnsWhile(engine.predict(windows))) >= 1);
      assert.ok(reported.length >= 2);
      for (const [index, { steps, totalSteps, loss, accuracy }] of reported.entries()) {
        assert.equal(totalSteps, 250);
        assert.ok(steps <= 250 && steps > (reported[index - 1]?.steps ?? 0));
        assert.ok(loss > 0 && loss < 2 && accuracy >= 0 && accuracy <= 1);
      }
    } finally {
      clearInterval(timer);
    }
  });

  it('gives the same bytes beside another engine, and watched or not', async () => {
    const windows = randomWindows(shape, 3000);
    const train = async (seed: number, watched: boolean) => {
      const engine = await engineFor({ dropout: 0.2, seed });
      engine.load(initialState(shape, seed));
      await engine.trainEpoch(windows, inOrder(3000), watched ? () => undefined : undefined);
      return engine.save();
    };
    const alone = [await train(1, false), await train(2, false)];
    assert.deepEqual(await Promise.all([train(1, true), train(2, true)]), alone);
  });
});

describe('the kernel', () => {
  before(() => ensureKernel());

  it('takes no function from its host that could differ from one machine to the next', async () => {
    const { Module } = (
      globalThis as unknown as {
        WebAssembly: {
          Module: {
            new (bytes: Uint8Array): object;
            imports(module: object): { module: string; name: string }[];
          };
        };
      }
    ).WebAssembly;
    const imports = Module.imports(new Module(await readFile(kernelFile)));
    assert.deepEqual(
      imports.filter(({ module, name }) => `${module}.${name}` !== 'env.abort'),
      [],
    );
  });

  it('computes the sigmoid and its loss to the last digits of float32', async () => {
    const one = { steps: 1, features: 1, units: 1, denseUnits: 1 };
    const engine = await engineFor({ shape: one });
    const state = zeroState(one);
    const windows = { ...randomWindows(one, 2), label: Uint8Array.of(0, 1) };
    for (let z = -80; z <= 80; z += 0.37) {
      const logit = Math.fround(z);
      state.weights.outputBias[0] = logit;
      engine.load(state);
      const exact = 1 / (1 + Math.exp(-logit));
      const [got] = await engine.predict(windows);
      assert.ok(Math.abs(got! - exact) <= 4e-7 * exact, `sigmoid(${logit}): ${got} and ${exact}`);
      // Of one window each way: log(1 + e^z) and log(1 + e^−z), which differ by z.
      const { loss } = await engine.evaluate(windows);
      const expected =
        (Math.max(logit, 0) + Math.max(-logit, 0)) / 2 + Math.log1p(Math.exp(-Math.abs(logit)));
      assert.ok(Math.abs(loss - expected) <= 4e-7 * expected, `loss at ${logit}: ${loss} and ${expected}`);
    }
  });

  it('computes tanh to the last digits of float32', async () => {
    const one = { steps: 1, features: 1, units: 1, denseUnits: 1 };
    const engine = await engineFor({ shape: one });
    const windows = randomWindows(one, 1);
    for (let x = -12; x <= 12; x += 0.11) {
      const state = zeroState(one);
      const candidate = Math.fround(x);
      // Gates wide open: the hidden state is tanh(tanh(x)); the relu sees its absolute value.
      state.weights.lstmBias.set([60, 0, candidate, 60]);
      state.weights.denseKernel[0] = Math.sign(candidate);
      state.weights.outputKernel[0] = 1;
      engine.load(state);
      const exact = 1 / (1 + Math.exp(-Math.tanh(Math.tanh(Math.abs(candidate)))));
      const [got] = await engine.predict(windows);
      assert.ok(Math.abs(got! - exact) < 2e-7, `tanh(tanh(${candidate})): ${got} and ${exact}`);
    }
  });

  it('lets rows that only fill up a block touch nothing', async () => {
    const windows = randomWindows(shape, 40);
    windows.features.fill(NaN, 20 * shape.features);
    const engine = await engineFor();
    const state = initialState(shape, 3);
    engine.load(state);
    // Leaves windows that are not numbers behind the end of the next order.
    engine.gradients(windows, Int32Array.of(0, 39, 39, 39));
    const fresh = await engineFor();
    fresh.load(state);
    assert.deepEqual(engine.gradients(windows, Int32Array.of(0)), fresh.gradients(windows, Int32Array.of(0)));
  });
});
