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

  it('clips the gradients of a batch to a norm over all weights', async () => {
    const windows = randomWindows(shape, 16);
    const state = initialState(shape, 2);
    const plain = await engineFor({ batchSize: 16 });
    plain.load(state);
    const gradients = plain.gradients(windows, inOrder(16));
    const squares = weightNames.flatMap((name) => Array.from(gradients[name], (g) => g * g));
    const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    for (const clipNorm of [norm / 3, norm * 1.001]) {
      const scale = Math.fround(Math.min(1, Math.fround(clipNorm) / norm));
      const scaled = structuredClone(gradients);
      for (const name of weightNames) {
        for (const [index, g] of gradients[name].entries()) scaled[name][index] = g * scale;
      }
      const engine = await engineFor({ batchSize: 16, clipNorm });
      engine.load(state);
      await engine.trainEpoch(windows, inOrder(16));
      assert.deepEqual(engine.save(), referenceAdam(state, scaled, 0.01));
    }
  });

  it("counts a window's loss and gradient by the weight of its class, in training alone", async () => {
    const count = 30;
    const windows = randomWindows(shape, count);
    const state = initialState(shape, 2);
    const weights = [5, 0.25] as const;
    const [plain, weighted] = [await engineFor(), await engineFor({ classWeights: weights })];
    plain.load(state);
    weighted.load(state);
    const one = (index: number) => plain.gradients(windows, Int32Array.of(index));
    const expected = Array.from({ length: count }, (_, index) => {
      const weight = weights[windows.label[index] as 0 | 1];
      return one(index).lstmKernel.map((g) => (g * weight) / count);
    }).reduce((sum, part) => sum.map((value, index) => value + part[index]!));
    const got = weighted.gradients(windows, inOrder(count)).lstmKernel;
    assert.ok(expected.every((value, index) => Math.abs(value - got[index]!) < 1e-6));
    const single = async (index: number) =>
      (
        await plain.evaluate({
          ...windows,
          firstRow: windows.firstRow.slice(index, index + 1),
          label: windows.label.slice(index, index + 1),
        })
      ).loss;
    let loss = 0;
    for (const index of inOrder(count))
      loss += (await single(index)) * weights[windows.label[index] as 0 | 1];
    assert.deepEqual(await weighted.evaluate(windows), await plain.evaluate(windows));
    const small = await engineFor({ batchSize: count, classWeights: weights });
    small.load(state);
    assert.ok(Math.abs((await small.trainEpoch(windows, inOrder(count))).loss - loss / count) < 1e-6);
  });

  it('takes the learning rate of each step from its schedule', async () => {
    const windows = randomWindows(shape, 40);
    const schedule = { kind: 'linear', decaySteps: 4 } as const;
    const engine = await engineFor({ batchSize: 10, schedule });
    let state = initialState(shape, 2);
    engine.load(state);
    await engine.trainEpoch(windows, inOrder(40));
    const stepwise = await engineFor({ batchSize: 10 });
    for (let step = 0; step < 4; step++) {
      stepwise.load(state);
      const gradients = stepwise.gradients(windows, inOrder(40).slice(step * 10, step * 10 + 10));
      state = referenceAdam(state, gradients, 0.01 * (1 - step / 4));
    }
    assert.deepEqual(engine.save(), state);
  });

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
      const epoch = engine.trainEpoch(windows, inOrder(8000), {
        onProgress: (progress) => void reported.push(progress),
      });
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
      await engine.trainEpoch(windows, inOrder(3000), watched ? { onProgress: () => undefined } : {});
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

  it('opens and shuts gates to the last digits of float32, however far', async () => {
    const one = { steps: 1, features: 1, units: 1, denseUnits: 1 };
    const engine = await engineFor({ shape: one });
    const windows = randomWindows(one, 1);
    const inputs = Array.from({ length: 220 }, (_, index) => (index - 110) * 0.37);
    for (const x of [...inputs, 1e3, -1e3, 1e30, -1e30, Infinity, -Infinity]) {
      const state = zeroState(one);
      const input = Math.fround(x);
      // A candidate of 1 and an output gate wide open: the hidden state is tanh(logistic(x)).
      state.weights.lstmBias.set([input, 0, 60, 60]);
      state.weights.denseKernel[0] = 1;
      state.weights.outputKernel[0] = 1;
      engine.load(state);
      const exact = 1 / (1 + Math.exp(-Math.tanh(1 / (1 + Math.exp(-input)))));
      const [got] = await engine.predict(windows);
      assert.ok(Math.abs(got! - exact) < 2e-7, `gate(${input}): ${got} and ${exact}`);
    }
  });

  it('lets the moments of a dead unit fade to zero, never to denormal numbers', async () => {
    const engine = await engineFor();
    const windows = randomWindows(shape, 32);
    const state = initialState(shape, 3);
    state.weights.denseBias.fill(-1e3);
    state.firstMoment.denseKernel.fill(1e-16);
    state.firstMoment.denseBias.fill(-1e-16);
    state.secondMoment.denseKernel.fill(1.0005e-33);
    engine.load(state);
    const smallest = { first: Infinity, second: Infinity };
    for (let step = 0; step < 30; step++) {
      await engine.trainEpoch(windows, inOrder(32));
      const { firstMoment, secondMoment } = engine.save();
      const sizes = (values: Float32Array) => Array.from(values, Math.abs).filter((value) => value > 0);
      for (const name of weightNames) {
        smallest.first = Math.min(smallest.first, ...sizes(firstMoment[name]));
        smallest.second = Math.min(smallest.second, ...sizes(secondMoment[name]));
      }
    }
    const { firstMoment, secondMoment } = engine.save();
    assert.ok(smallest.first >= 0.99e-17 && smallest.second >= 0.99e-33, JSON.stringify(smallest));
    for (const moments of [firstMoment.denseKernel, firstMoment.denseBias, secondMoment.denseKernel])
      assert.ok(moments.every((value) => value === 0));
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
