import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineOptions } from '../../predictor/engine/engine.js';
import { createWasmEngine } from '../../predictor/engine/wasm/wasm-engine.js';
import { initialState } from '../../predictor/model/initialise.js';
import { type WeightName, weightNames } from '../../predictor/model/weights.js';
import { epochOrder, train, trainedWeights } from '../../predictor/train.js';
import type { WindowSet } from '../../predictor/windows/window-set.js';
import { ensureKernel } from '../support/kernel.js';
import { randomSplit } from '../support/model.js';
import { runPython } from '../support/python.js';

const shape = { steps: 4, features: 2, units: 12, denseUnits: 6 };
const data = randomSplit(shape, 90, 60);
const batchSize = 16;
const seed = 3;
const stepsPerEpoch = Math.ceil(90 / batchSize);

interface Options {
  readonly epochs: number;
  readonly patience: number;
  readonly clipNorm: number;
  readonly classWeights: readonly [number, number];
  readonly schedule: 'constant' | 'linear' | 'cosine';
  readonly learningRate: number;
}

interface Trained {
  readonly history: { readonly loss: readonly number[]; readonly val_loss: readonly number[] };
  readonly weights: Readonly<Record<WeightName, readonly number[]>>;
}

const gathered = ({ features, firstRow }: WindowSet) =>
  Array.from(firstRow, (row) => Array.from(features.subarray(row * 2, (row + shape.steps) * 2)));

describe("the options of training, against Keras's", function () {
  this.timeout(180_000);
  let folder: string;
  before(async () => {
    await ensureKernel();
    folder = await mkdtemp(join(tmpdir(), 'streamsage-options-'));
  });
  after(() => rm(folder, { recursive: true }));

  const plain: Options = { epochs: 4, patience: 0, clipNorm: 0, classWeights: [1, 1], schedule: 'constant', learningRate: 0.01 };
  const cases: Record<string, Partial<Options>> = {
    'none of them': {},
    'class weights': { classWeights: [4, 0.5] },
    'gradients clipped by their norm': { clipNorm: 0.05 },
    'a learning rate that falls in a line': { schedule: 'linear' },
    'a learning rate that falls by half a cosine': { schedule: 'cosine' },
    'early stopping, with the best weights': { epochs: 40, patience: 2, learningRate: 0.05 },
    'all at once': { epochs: 30, patience: 3, clipNorm: 0.2, classWeights: [2, 1], schedule: 'cosine', learningRate: 0.05 },
  };
  for (const [name, more] of Object.entries(cases)) {
    it(name, async function () {
      const given: Options = { ...plain, ...more };
      const { epochs, patience, clipNorm, classWeights, learningRate } = given;
      const decaySteps = 3 * stepsPerEpoch;
      const options: EngineOptions = {
        ...{ shape, batchSize, learningRate, dropout: 0, seed, clipNorm, classWeights },
        schedule: { kind: given.schedule, decaySteps },
      };
      const engine = await createWasmEngine(options);
      const ours = await train(engine, data, { shape, epochs, seed, patience, fingerprint: '' });

      const file = join(folder, 'case.json');
      const { weights } = initialState(shape, seed);
      const orders = Array.from({ length: epochs }, (_, epoch) => Array.from(epochOrder(90, seed, epoch + 1)));
      await writeFile(
        file,
        JSON.stringify({
          ...{ shape, batchSize, learningRate, patience, clipNorm, classWeights, orders, decaySteps },
          schedule: given.schedule,
          weights: Object.fromEntries(weightNames.map((weight) => [weight, Array.from(weights[weight])])),
          x: gathered(data.train),
          y: Array.from(data.train.label),
          vx: gathered(data.test),
          vy: Array.from(data.test.label),
        }),
      );
      const theirs = JSON.parse(await runPython(this, 'training_options.py', file)) as Trained;
      assert.equal(ours.epoch, theirs.history.loss.length);
      if (patience > 0) assert.ok(ours.epoch < epochs, 'the case should stop early');
      for (const [index, { loss, valLoss }] of ours.history.entries()) {
        assert.ok(Math.abs(loss - theirs.history.loss[index]!) < 2e-5, `loss of epoch ${index + 1}`);
        assert.ok(Math.abs(valLoss - theirs.history.val_loss[index]!) < 2e-5, `val_loss of epoch ${index + 1}`);
      }
      const learnt = trainedWeights(ours);
      for (const weight of weightNames) {
        const difference = Math.max(...theirs.weights[weight].map((value, at) => Math.abs(value - learnt[weight][at]!)));
        assert.ok(difference < 2e-4, `${weight}: ${difference}`);
      }
    });
  }
});
