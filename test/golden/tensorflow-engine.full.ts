import assert from 'node:assert/strict';
import { EngineUnavailableError } from '../../adapters/errors.js';
import { loadTensorflow } from '../../adapters/tensorflow.js';
import type { EngineOptions, EpochPosition } from '../../predictor/engine/engine.js';
import { createTensorflowEngine } from '../../predictor/engine/tensorflow/tensorflow-engine.js';
import { createWasmEngine } from '../../predictor/engine/wasm/wasm-engine.js';
import { TrainingDivergedError } from '../../predictor/errors.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../predictor/model/checkpoint.js';
import { initialState } from '../../predictor/model/initialise.js';
import { weightNames } from '../../predictor/model/weights.js';
import { epochOrder, train } from '../../predictor/train.js';
import { ensureKernel } from '../support/kernel.js';
import { kerasGolden, largestDifference, notebook, realWindows } from '../support/keras-golden.js';
import { randomSplit, randomWindows } from '../support/model.js';
import { requireTensorflow } from '../support/tensorflow.js';

const inOrder = (count: number) => Int32Array.from({ length: count }, (_, index) => index);
const optionsFor = (shape: EngineOptions['shape'], more: Partial<EngineOptions> = {}): EngineOptions => ({
  shape,
  batchSize: 32,
  learningRate: 0.01,
  dropout: 0.3,
  seed: 5,
  ...more,
});

describe('the TensorFlow engine', function () {
  this.timeout(300_000);
  before(() => ensureKernel());

  it('names what its bytes depend on, and does not pass for a GPU', function () {
    const { fingerprint, version, deviceName } = requireTensorflow(this);
    assert.match(version, /^\d+\.\d+\.\d+/);
    assert.equal(fingerprint, `tensorflow ${version} cpu ${deviceName}`);
    assert.throws(() => loadTensorflow('gpu'), EngineUnavailableError);
  });

  it("has Keras's losses over 200 steps from its initial weights, and its predictions after them", async function () {
    const runtime = requireTensorflow(this);
    const { golden, weights, train, predicted } = await kerasGolden(this);
    const batchSize = golden.batch_size;
    const options = { shape: notebook, batchSize, learningRate: 0.001, dropout: 0, seed: 0 };
    const engine = createTensorflowEngine(runtime, options);
    engine.load({ ...initialState(notebook, 0), weights });
    assert.ok(largestDifference(await engine.predict(predicted), golden.initial_predictions) < 1e-6);

    // One epoch, cut after each step: the differences of its sums are the losses of the steps.
    const losses: number[] = [];
    const order = inOrder(200 * batchSize);
    let from: EpochPosition | undefined;
    for (let step = 0; step < 200; step++) {
      const { position } = await engine.trainEpoch(train, order, {
        ...(from ? { from } : {}),
        isInterrupted: () => true,
      });
      losses.push((position.lossSum - (from?.lossSum ?? 0)) / batchSize);
      from = position;
    }
    assert.equal(golden.loss_per_step.length, 200);
    const difference = largestDifference(losses, golden.loss_per_step);
    assert.ok(difference < 1e-6, String(difference));
    assert.ok(largestDifference(await engine.predict(predicted), golden.final_predictions) < 1e-5);
  });

  for (const units of [8, 50, 128]) {
    for (const steps of [1, 3, 20]) {
      for (const count of [1, 45]) {
        it(`has the gradients of the WebAssembly engine: ${units} units, ${steps} steps, a batch of ${count}`, async function () {
          const runtime = requireTensorflow(this);
          const shape = { steps, features: 2, units, denseUnits: 32 };
          const windows = randomWindows(shape, count, units + steps);
          const options = optionsFor(shape, { classWeights: [4, 0.5] });
          const [ours, theirs] = [createTensorflowEngine(runtime, options), await createWasmEngine(options)];
          for (const engine of [ours, theirs]) engine.load(initialState(shape, 4));
          const [got, expected] = [ours, theirs].map((engine) => engine.gradients(windows, inOrder(count)));
          for (const name of weightNames) {
            const scale = Math.max(...expected![name].map(Math.abs));
            const difference = largestDifference(got![name], expected![name]);
            assert.ok(difference <= 3e-6 * scale, `${name}: ${difference} of ${scale}`);
          }
        });
      }
    }
  }

  const cases: readonly Partial<EngineOptions>[] = [
    {},
    { clipNorm: 0.05 },
    { classWeights: [4, 0.5] },
    { schedule: { kind: 'cosine', decaySteps: 40 } },
  ];
  for (const more of cases) {
    it(`learns what the WebAssembly engine learns, the last batch of one window: ${JSON.stringify(more)}`, async function () {
      const runtime = requireTensorflow(this);
      const shape = { steps: 3, features: 2, units: 9, denseUnits: 7 };
      const windows = randomWindows(shape, 10 * 32 + 1);
      const options = optionsFor(shape, more);
      const [ours, theirs] = [createTensorflowEngine(runtime, options), await createWasmEngine(options)];
      for (const engine of [ours, theirs]) engine.load(initialState(shape, 4));
      for (let epoch = 1; epoch <= 3; epoch++) {
        // The state of either engine is the other's.
        if (epoch === 3) ours.load(theirs.save());
        const order = epochOrder(windows.label.length, 1, epoch);
        const [got, expected] = [await ours.trainEpoch(windows, order), await theirs.trainEpoch(windows, order)];
        assert.ok(Math.abs(got.loss - expected.loss) < 1e-6, `${got.loss} and ${expected.loss}`);
        assert.equal(got.accuracy, expected.accuracy);
      }
      const [got, expected] = [ours.save(), theirs.save()];
      assert.deepEqual(got.betaPowers, expected.betaPowers);
      assert.equal(got.step, expected.step);
      for (const name of weightNames) {
        const difference = largestDifference(got.weights[name], expected.weights[name]);
        assert.ok(difference < 2e-5, `${name}: ${difference}`);
      }
      assert.ok(largestDifference(await ours.predict(windows), await theirs.predict(windows)) < 1e-5);
    });
  }

  it('has the losses of the WebAssembly engine over an epoch of real ratings', async function () {
    const runtime = requireTensorflow(this);
    const { train, test } = await realWindows(this);
    const options = optionsFor(notebook, { learningRate: 0.001, dropout: 0.2 });
    const [ours, theirs] = [createTensorflowEngine(runtime, options), await createWasmEngine(options)];
    const order = epochOrder(train.label.length, 5, 1);
    const results = [];
    for (const engine of [ours, theirs]) {
      engine.load(initialState(notebook, 5));
      const { loss, accuracy } = await engine.trainEpoch(train, order);
      const tested = await engine.evaluate(test);
      results.push([loss, accuracy, tested.loss, tested.accuracy]);
    }
    assert.ok(largestDifference(results[0]!, results[1]!) < 1e-5, JSON.stringify(results));
  });

  it('goes on to the bit from a checkpoint within an epoch', async function () {
    const runtime = requireTensorflow(this);
    const shape = { steps: 3, features: 2, units: 9, denseUnits: 4 };
    const data = randomSplit(shape, 1000, 50);
    const options = optionsFor(shape, { batchSize: 16, clipNorm: 0.1 });
    const settings = { shape, epochs: 3, seed: 8, fingerprint: 'f' };
    const whole = await train(createTensorflowEngine(runtime, options), data, settings);

    for (const stopAt of [1, 64, 65, 100]) {
      let asked = 0;
      let saved: Uint8Array | undefined;
      await train(createTensorflowEngine(runtime, options), data, settings, {
        interruption: () => (++asked === stopAt ? 'stop' : undefined),
        onInterrupted: (checkpoint) => void (saved = encodeCheckpoint(checkpoint)),
      });
      const resumeFrom = decodeCheckpoint(saved!);
      assert.ok(resumeFrom.position);
      const resumed = await train(createTensorflowEngine(runtime, options), data, { ...settings, resumeFrom });
      assert.deepEqual(encodeCheckpoint(resumed), encodeCheckpoint(whole), `cut at ${stopAt}`);
    }
  });

  it('holds no more tensors after ten epochs than after one, whatever ends them', async function () {
    const runtime = requireTensorflow(this);
    const shape = { steps: 3, features: 2, units: 8, denseUnits: 4 };
    const windows = randomWindows(shape, 500);
    const engine = createTensorflowEngine(runtime, optionsFor(shape));
    const held = () => runtime.binding.getNumOfTensors();
    const epoch = async () => {
      await engine.trainEpoch(windows, inOrder(500), { isInterrupted: () => true });
      await engine.trainEpoch(windows, inOrder(500));
      await engine.evaluate(windows);
      engine.gradients(windows, inOrder(32));
      engine.save();
      await assert.rejects(
        engine.trainEpoch({ ...windows, features: windows.features.map(() => NaN) }, inOrder(500)),
        (error: Error) =>
          error instanceof TrainingDivergedError && /after 1 steps: lower `learningRate` \(0.01\)/.test(error.message),
      );
    };
    engine.load(initialState(shape, 1));
    await epoch();
    const afterOne = held();
    for (let more = 0; more < 9; more++) {
      engine.load(initialState(shape, 1));
      await epoch();
    }
    assert.equal(held(), afterOne);
  });

  it('lets the process do other things, and reports how far it is', async function () {
    const runtime = requireTensorflow(this);
    const windows = randomWindows(notebook, 32 * 500);
    const engine = createTensorflowEngine(runtime, optionsFor(notebook));
    engine.load(initialState(notebook, 1));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const reported: number[] = [];
    try {
      await engine.trainEpoch(windows, inOrder(32 * 500), { onProgress: ({ steps }) => reported.push(steps) });
    } finally {
      clearInterval(timer);
    }
    assert.ok(turns >= 2, String(turns));
    assert.ok(reported.length >= 2, String(reported.length));
    assert.ok(reported.every((steps, index) => steps > (reported[index - 1] ?? 0) && steps <= 500));
  });
});
