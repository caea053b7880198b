import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { createWasmEngine } from '../../predictor/engine/wasm/wasm-engine.js';
import { InvalidWeightsError } from '../../predictor/errors.js';
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  encodeWeights,
} from '../../predictor/model/checkpoint.js';
import { bestEpoch } from '../../predictor/early-stopping.js';
import { epochOrder, isTrained, train, trainedWeights, type TrainReports } from '../../predictor/train.js';
import { ensureKernel } from '../support/kernel.js';
import { randomSplit } from '../support/model.js';

const shape = { steps: 3, features: 2, units: 8, denseUnits: 4 };
const data = randomSplit(shape, 70, 20);

async function trained(epochs: number, resumeFrom?: Checkpoint, reports?: TrainReports, seed = 11) {
  const engine = await createWasmEngine({ shape, batchSize: 16, learningRate: 0.01, dropout: 0.2, seed });
  const options = { shape, epochs, seed, fingerprint: 'f', ...(resumeFrom ? { resumeFrom } : {}) };
  return train(engine, data, options, reports);
}

describe('training', () => {
  before(() => ensureKernel());

  it('visits the windows in another order each epoch, and in the same again', () => {
    assert.deepEqual(epochOrder(50, 1, 2), epochOrder(50, 1, 2));
    assert.notDeepEqual(epochOrder(50, 1, 2), epochOrder(50, 1, 3));
    assert.notDeepEqual(epochOrder(50, 1, 2), epochOrder(50, 2, 2));
  });

  it('reports each epoch, with the loss on the test part', async () => {
    const reported: number[] = [];
    const checkpoint = await trained(3, undefined, { onEpoch: (_, { epoch }) => void reported.push(epoch) });
    assert.deepEqual(reported, [1, 2, 3]);
    assert.equal(checkpoint.epoch, 3);
    assert.equal(checkpoint.state.step, 3 * Math.ceil(70 / 16));
    assert.ok(checkpoint.history.every(({ valLoss, valAccuracy }) => valLoss > 0 && valAccuracy <= 1));
  });

  it('measures the test part, after each epoch, with its weights', async () => {
    const { history, state } = await trained(2);
    const engine = await createWasmEngine({ shape, batchSize: 1, learningRate: 1, dropout: 0.9, seed: 0 });
    engine.load(state);
    const { loss, accuracy } = await engine.evaluate(data.test);
    assert.deepEqual([history[1]!.valLoss, history[1]!.valAccuracy], [loss, accuracy]);
    assert.notEqual(history[0]!.valLoss, history[1]!.valLoss);
  });

  it('ends with these very bytes on every machine', async () => {
    const { history, state } = await trained(3);
    const hash = createHash('sha256')
      .update(JSON.stringify(history))
      .update(encodeWeights(shape, state.weights));
    assert.equal(hash.digest('hex'), '7db2f7aaf8acc3a05b2e976a51be1228544e3fbcf28543d2f0460a44a182e2c7');
  });

  it('goes on from any epoch, for any batch size', async () => {
    const cases = fc.record({
      batchSize: fc.integer({ min: 1, max: 80 }),
      stop: fc.integer({ min: 0, max: 5 }),
      seed: fc.nat(4_294_967_295),
    });
    const run = async (epochs: number, batchSize: number, seed: number, resumeFrom?: Checkpoint) => {
      const engine = await createWasmEngine({ shape, batchSize, learningRate: 0.01, dropout: 0.5, seed });
      const options = { shape, epochs, seed, fingerprint: 'f', ...(resumeFrom ? { resumeFrom } : {}) };
      return encodeCheckpoint(await train(engine, data, options));
    };
    await fc.assert(
      fc.asyncProperty(cases, async ({ batchSize, stop, seed }) => {
        const part = decodeCheckpoint(await run(stop, batchSize, seed));
        assert.deepEqual(await run(5, batchSize, seed, part), await run(5, batchSize, seed));
      }),
      { numRuns: 25 },
    );
  });

  it('ends with the same bytes whatever epoch it was stopped after', async () => {
    const whole = encodeCheckpoint(await trained(4));
    for (const stop of [0, 1, 3]) {
      const part = decodeCheckpoint(encodeCheckpoint(await trained(stop)));
      assert.deepEqual(encodeCheckpoint(await trained(4, part)), whole, `stopped after ${stop}`);
    }
  });

  it('ends with the same bytes wherever within an epoch it was cut, saved or stopped', async () => {
    const options = { shape, epochs: 3, seed: 11, fingerprint: 'f', patience: 2 };
    const run = async (
      batchSize: number,
      more: { resumeFrom?: Checkpoint } = {},
      reports: TrainReports = {},
    ) => {
      const engine = await createWasmEngine({ shape, batchSize, learningRate: 0.01, dropout: 0.4, seed: 11 });
      return train(engine, data, { ...options, ...more }, reports);
    };
    const cases = fc.record({
      batchSize: fc.integer({ min: 1, max: 40 }),
      cuts: fc.array(fc.record({ after: fc.integer({ min: 1, max: 90 }), stop: fc.boolean() }), {
        maxLength: 4,
      }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ batchSize, cuts }) => {
        let last: Checkpoint | undefined;
        for (const { after, stop } of [...cuts, { after: Infinity, stop: false }]) {
          let asked = 0;
          const stops: number[] = [];
          const saved: Checkpoint[] = [];
          const ended: Checkpoint = await run(batchSize, last ? { resumeFrom: last } : {}, {
            interruption() {
              if (++asked !== after) return undefined;
              if (stop) stops.push(asked);
              return stop ? 'stop' : 'save';
            },
            onInterrupted: (checkpoint) => void saved.push(checkpoint),
          });
          // Asked between two epochs, it stops there: with nothing to save that was not saved with the epoch.
          if (stops.length === 0) assert.ok(isTrained(ended, 3, 2));
          if (stops.length > 0 && saved.length > 0) assert.deepEqual(saved, [ended]);
          last = decodeCheckpoint(encodeCheckpoint(saved[0] ?? ended));
        }
        assert.deepEqual(encodeCheckpoint(last!), encodeCheckpoint(await run(batchSize)));
      }),
      { numRuns: 40 },
    );
  });

  it('stops early, and gives the weights of the best epoch', async () => {
    // Labels that the features do not tell: the train part is learnt by heart, and the test part suffers.
    const noise = randomSplit(shape, 40, 200);
    const run = async (epochs: number, patience: number) => {
      const engine = await createWasmEngine({ shape, batchSize: 4, learningRate: 0.05, dropout: 0, seed: 1 });
      return train(engine, noise, { shape, epochs, seed: 1, fingerprint: 'f', patience });
    };
    const stopped = await run(60, 3);
    const best = bestEpoch(stopped.history);
    assert.ok(best > 0 && stopped.epoch === best + 3 && stopped.epoch < 60, `${best} of ${stopped.epoch}`);
    assert.deepEqual(trainedWeights(stopped), (await run(best, 0)).state.weights);
    assert.deepEqual(stopped.history, (await run(stopped.epoch, 0)).history);
    assert.notDeepEqual(trainedWeights(stopped), stopped.state.weights);
  });

  it('gives another model for another seed', async () => {
    assert.notDeepEqual(
      (await trained(1, undefined, {}, 12)).state.weights,
      (await trained(1)).state.weights,
    );
  });

  it('refuses a checkpoint that says it is of this training and does not fit', async () => {
    const good = await trained(2);
    const steps = Math.ceil(70 / 16);
    const position = { steps: 2, lossSum: 1, correct: 3 };
    const bad: Record<string, Checkpoint> = {
      'another shape': { ...good, shape: { ...shape, steps: 4 } },
      'a position beyond its epoch': { ...good, position: { ...position, steps } },
      'a position that its optimizer has not reached': { ...good, position },
      'more steps than its epochs have': { ...good, state: { ...good.state, step: 2 * steps + 1 } },
      'best weights that nobody asked for': { ...good, best: good.state.weights },
    };
    for (const [name, checkpoint] of Object.entries(bad)) {
      await assert.rejects(trained(3, checkpoint), InvalidWeightsError, name);
    }
    const within = { ...good, position, state: { ...good.state, step: 2 * steps + 2 } };
    await trained(3, within);
  });

  it('refuses a checkpoint of another training', async () => {
    const other = { ...(await trained(1)), fingerprint: 'other' };
    await assert.rejects(trained(2, other), InvalidWeightsError);
  });
});
