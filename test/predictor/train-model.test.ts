import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type ParameterName, parameterDefinitions, parameterNames } from '../../predictor/config.js';
import {
  type Dataset,
  evaluate,
  InvalidParameterError,
  InvalidWeightsError,
  type Model,
  prepare,
  type SavedTraining,
  train,
  type TrainingOptions,
  writeKerasFile,
} from '../../predictor/index.js';
import { trainingParameterNames } from '../../predictor/train-model.js';
import { ensureKernel } from '../support/kernel.js';
import { fewRatings } from '../support/training-job.js';

const parameters = { epochs: 3, lstmUnits: 8, denseUnits: 4 };
const reason = new Error('enough');

describe('training by the library', () => {
  let dataset: Dataset;
  let whole: Model;
  let stepsPerEpoch: number;

  before(async () => {
    await ensureKernel();
    dataset = await prepare(fewRatings());
    whole = await train(dataset, { parameters });
    stepsPerEpoch = Math.ceil(dataset.counts.train / 32);
  });

  /**
   * Trains until it has been asked `steps` times whether to stop, which is once a step; then it is aborted.
   * @returns the model, or the last state that was handed over
   */
  async function trainUntil(steps: number, options: TrainingOptions): Promise<Model | SavedTraining> {
    const saved: SavedTraining[] = [];
    const controller = new AbortController();
    let asked = 0;
    const signal = new Proxy(controller.signal, {
      get(target, name) {
        if (name === 'aborted' && ++asked > steps) controller.abort(reason);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    try {
      return await train(dataset, { ...options, signal, onCheckpoint: (state) => void saved.push(state) });
    } catch (error) {
      assert.equal(error, reason);
      return saved.at(-1)!;
    }
  }

  it('goes on from wherever it was cut, to the same bytes', async () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 2 * stepsPerEpoch }), { maxLength: 4 });
    const expected = await writeKerasFile(whole);
    let within = 0;
    await fc.assert(
      fc.asyncProperty(cuts, async (steps) => {
        let resumeFrom: Uint8Array | undefined;
        let end: Model | SavedTraining | undefined;
        for (const cut of [...steps, Infinity]) {
          end = await trainUntil(cut, { parameters, resumeFrom });
          if ('weights' in end) break;
          if (end.step > 0) within++;
          resumeFrom = end.checkpoint;
        }
        assert.ok(end && 'weights' in end);
        assert.deepEqual(end, whole);
        assert.deepEqual(await writeKerasFile(end), expected);
      }),
      { numRuns: 25 },
    );
    assert.ok(within > 5, `${within} cuts within an epoch`);
  });

  it('gives the model, its history and its metrics', async () => {
    assert.deepEqual(
      whole.history.map(({ epoch }) => epoch),
      [1, 2, 3],
    );
    assert.equal(whole.metrics.windows, dataset.counts.test);
    assert.ok(Math.abs(whole.metrics.logLoss - whole.history[2]!.valLoss) < 1e-6);
    assert.deepEqual(await evaluate(whole, dataset), whole.metrics);
    assert.equal((await evaluate(whole, dataset, 'train')).windows, dataset.counts.train);
    assert.deepEqual(
      [whole.parameters.epochs, whole.parameters.seed, whole.parameters.engine],
      [3, 42, 'wasm'],
    );
  });

  it('evaluates on other data with the scaling that it has learnt', async () => {
    // A year's pause stretches the scale of the other data set, and of nothing else.
    const line = `900\t1\t3\t874724710\n900\t2\t3\t906260710\n`;
    const text = new TextDecoder().decode(fewRatings());
    const other = await prepare(new TextEncoder().encode(`${text}\n${line}`));
    assert.notDeepEqual(other.ratings.scalers, dataset.ratings.scalers);
    // The two ratings are too few for a window: the windows are the same ones.
    assert.deepEqual(await evaluate(whole, other), whole.metrics);
    await assert.rejects(
      evaluate(whole, await prepare(fewRatings(), { sequenceLength: 4 })),
      /windows of 5 ratings, as the model was trained on, .* prepare it with `sequenceLength` 5/,
    );
  });

  it('tells each epoch, then its checkpoint, and waits for both', async () => {
    const told: string[] = [];
    const later = async (what: string) => {
      await Promise.resolve();
      told.push(what);
    };
    await train(dataset, {
      parameters,
      onEpoch: ({ epoch }) => later(`epoch ${epoch}`),
      onCheckpoint: ({ epoch, step }) => later(`checkpoint ${epoch}.${step}`),
    });
    const expected = [1, 2, 3].flatMap((epoch) => [`epoch ${epoch}`, `checkpoint ${epoch}.0`]);
    assert.deepEqual(told, expected);
  });

  it('ends with what a callback throws, or rejects with', async () => {
    for (const name of ['onEpoch', 'onCheckpoint'] as const) {
      const callbacks = [
        () => Promise.reject(reason),
        () => {
          throw reason;
        },
      ];
      for (const callback of callbacks) {
        await assert.rejects(train(dataset, { parameters, [name]: callback }), (error) => error === reason);
      }
    }
  });

  it('does not begin when it was stopped before, and ends with the reason', async () => {
    let told = 0;
    const tell = () => {
      told++;
    };
    const options = { parameters, onEpoch: tell, onCheckpoint: tell };
    await assert.rejects(
      train(dataset, { ...options, signal: AbortSignal.abort(reason) }),
      (error) => error === reason,
    );
    assert.equal(told, 0);
    const controller = new AbortController();
    await assert.rejects(
      train(dataset, { parameters, signal: controller.signal, onEpoch: () => controller.abort() }),
      { name: 'AbortError' },
    );
  });

  it('refuses a checkpoint of another training, of a longer one, and a damaged one', async () => {
    const saved: SavedTraining[] = [];
    await train(dataset, { parameters, onCheckpoint: (state) => void saved.push(state) });
    const resumeFrom = saved[1]!.checkpoint;
    const other = await prepare(fewRatings(), { seed: 7 });
    const longer = { ...parameters, epochs: 1 };
    const damaged = Uint8Array.from(resumeFrom);
    damaged[damaged.length - 5]! ^= 1;
    const cases = [
      train(other, { parameters, resumeFrom }),
      train(dataset, { parameters: { ...parameters, learningRate: 0.01 }, resumeFrom }),
      train(dataset, { parameters, resumeFrom: damaged }),
      train(dataset, { parameters, resumeFrom: resumeFrom.subarray(0, 100) }),
      train(dataset, { parameters, resumeFrom: new Uint8Array() }),
    ];
    for (const training of cases) await assert.rejects(training, InvalidWeightsError);
    await assert.rejects(
      train(dataset, { parameters: longer, resumeFrom }),
      /checkpoint of at most 1 epochs, got one of 2 and 0 steps: raise `epochs`/,
    );
  });

  it('takes every parameter but those of the data set and the machine', async () => {
    const elsewhere: ParameterName[] = ['sequenceLength', 'bingeThreshold', 'testSize', 'seed', 'maxBadRows'];
    const machine: ParameterName[] = ['engine', 'device', 'fastMath'];
    assert.deepEqual(
      [...elsewhere, ...trainingParameterNames, ...machine].sort(),
      [...parameterNames].sort(),
    );
    for (const name of [...elsewhere, ...machine, 'epoch']) {
      const value = name in parameterDefinitions ? parameterDefinitions[name as ParameterName].default : 1;
      await assert.rejects(train(dataset, { parameters: { [name]: value } }), (error: Error) => {
        assert.match(error.message, new RegExp(`a parameter of a training .*, got \`${name}\``));
        return error instanceof InvalidParameterError;
      });
    }
    await assert.rejects(train(dataset, { parameters: { epochs: 0 } }), /`epochs` to be a whole number/);
  });
});
