import assert from 'node:assert/strict';
import fc from 'fast-check';
import h5wasm from 'h5wasm';
import { ensureBuild } from '../../infra/build.js';
import {
  type Dataset,
  InvalidDataError,
  InvalidWeightsError,
  loadPredictor,
  type Model,
  prepare,
  type RawWindows,
  train,
  writeKerasFile,
  writeTfjsModel,
  writeWeights,
} from '../../predictor/index.js';
import { encodeWeights } from '../../predictor/model/checkpoint.js';
import { writeKerasFile as kerasFile } from '../../predictor/publishing/keras-file.js';
import { readKerasFile } from '../../predictor/publishing/read-keras-file.js';
import type { WindowSet } from '../../predictor/windows/window-set.js';
import { enginePredictions } from '../support/model.js';
import { fewRatings } from '../support/training-job.js';

describe('a loaded predictor', () => {
  let dataset: Dataset;
  let model: Model;
  let expected: Float32Array;
  let raw: RawWindows;

  before(async function () {
    this.timeout(180_000);
    // What reads HDF5 runs in a thread, and threads run the build.
    await ensureBuild(() => undefined);
    dataset = await prepare(fewRatings());
    model = await train(dataset, { parameters: { epochs: 1, lstmUnits: 8, denseUnits: 4 } });
    expected = await enginePredictions(model.shape, model.weights, dataset.train);
    raw = rawWindows(dataset, dataset.train);
  });

  it('predicts what the engine does, to the bit, whatever it was loaded from', async () => {
    const sources = {
      model,
      keras: await writeKerasFile(model),
      tfjs: writeTfjsModel(model),
      weights: writeWeights(model),
    };
    for (const [name, source] of Object.entries(sources)) {
      const predictor = await loadPredictor(source);
      assert.deepEqual(await predictor.predict(raw), expected, name);
      assert.deepEqual(predictor.scalers, model.scalers, name);
      assert.deepEqual(predictor.weights, model.weights, name);
      if (name !== 'model') assert.equal(predictor.metadata['ratingsSha256'], dataset.ratingsSha256, name);
    }
  });

  it('is loaded whatever its layers are called', async () => {
    const tfjs = writeTfjsModel(model);
    const named = new TextDecoder()
      .decode(tfjs['model.json'])
      .replace(/"(lstm|dense|dense_1)(["/])/g, '"model_$1$2');
    const json = { ...tfjs, 'model.json': new TextEncoder().encode(named) };
    assert.match(named, /"model_lstm\/lstm_cell\/kernel"/);
    assert.deepEqual(await (await loadPredictor(json)).predict(raw), expected);
  });

  it('gives a window the same probability alone and among others, many calls at once', async () => {
    const predictor = await loadPredictor(model);
    const { steps } = model.shape;
    const count = expected.length;
    const slice = (from: number, to: number) => ({
      rating: Array.prototype.slice.call(raw.rating, from * steps, to * steps) as number[],
      timeDiff: Array.prototype.slice.call(raw.timeDiff, from * steps, to * steps) as number[],
    });
    const spans = fc.array(fc.tuple(fc.nat(count), fc.nat(count)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(spans, async (pairs) => {
        const predicted = await Promise.all(
          pairs.map(([a, b]) => predictor.predict(slice(Math.min(a, b), Math.max(a, b)))),
        );
        for (const [index, [a, b]] of pairs.entries()) {
          assert.deepEqual(predicted[index], expected.slice(Math.min(a, b), Math.max(a, b)));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('stops between two blocks, with the reason', async () => {
    const predictor = await loadPredictor(model);
    const many = { rating: new Float32Array(5 * 400_000).fill(3), timeDiff: new Float32Array(5 * 400_000) };
    const controller = new AbortController();
    const predicted = predictor.predict(many, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await assert.rejects(predicted, /enough/);
  });

  it('refuses values that are no windows', async () => {
    const predictor = await loadPredictor(model);
    const [rating, timeDiff] = [
      [1, 2, 3, 4, 5],
      [0, 0, 0, 0, 0],
    ];
    const cases: [RawWindows, RegExp][] = [
      [{ rating: [1, 2, 3], timeDiff: [0, 0, 0] }, /whole windows of 5 ratings, .* got 3 and 3/],
      [{ rating, timeDiff: [0] }, /got 5 and 1/],
      [{ rating: [1, 2, 3, 4, 6], timeDiff }, /in window 0, step 4, got `6` and `0`/],
      [{ rating: [0.5, 2, 3, 4, 5], timeDiff }, /window 0, step 0/],
      [{ rating: [...rating, 1, NaN, 1, 1, 1], timeDiff: [...timeDiff, ...timeDiff] }, /window 1, step 1/],
      [{ rating, timeDiff: [0, -1, 0, 0, 0] }, /`-1`/],
      [{ rating, timeDiff: [0, Infinity, 0, 0, 0] }, /`Infinity`/],
    ];
    for (const [windows, message] of cases) {
      await assert.rejects(predictor.predict(windows), (error: Error) => {
        assert.match(error.message, message);
        return error instanceof InvalidDataError;
      });
    }
    assert.equal((await predictor.predict({ rating: [], timeDiff: [] })).length, 0);
  });

  it('needs to be told how inputs are scaled where the file does not say', async () => {
    const bare = encodeWeights(model.shape, model.weights);
    await assert.rejects(loadPredictor(bare), /`scalers`\), got none: pass `\{ scalers \}`/);
    const keras = await kerasFile(model.shape, model.weights, { dropout: 0.2, learningRate: 0.001 });
    await assert.rejects(loadPredictor(keras), InvalidWeightsError);
    for (const file of [bare, keras]) {
      const predictor = await loadPredictor(file, { scalers: dataset.ratings.scalers });
      assert.deepEqual(await predictor.predict(raw), expected);
    }
  });

  it('refuses what is no model file, and one of another model', async () => {
    const { shape, weights, scalers } = model;
    const tfjs = writeTfjsModel(model);
    const json = new TextDecoder().decode(tfjs['model.json']);
    const altered = (from: string | RegExp, to: string) => {
      assert.notEqual(json.replace(from, to), json, String(from));
      return { ...tfjs, 'model.json': new TextEncoder().encode(json.replace(from, to)) };
    };
    const nan = { ...weights, denseBias: weights.denseBias.with(1, NaN) };
    const large = { ...shape, units: 1025 };
    const cases: Record<string, [unknown, RegExp]> = {
      nothing: [undefined, /a model, the bytes of a model file .* got undefined/],
      'a path': ['binge_model.h5', /got string/],
      'no bytes': [new Uint8Array(), /it has 0 bytes/],
      'too many bytes': [new Uint8Array(128 * 1024 * 1024 + 1), /at most 134217728 bytes/],
      'files of something else': [{ 'a.txt': new Uint8Array(3) }, /model\.json among .* got a\.txt/],
      'weights that are not numbers': [
        { shape, weights: nan, scalers },
        /finite weights, got `NaN` at place 1/,
      ],
      'weights of another shape': [{ shape: { ...shape, units: 9 }, weights, scalers }, /float32 \[2, 36\]/],
      'a shape beyond all bounds': [{ shape: large, weights, scalers }, /at most 1000 steps .* 1025 and 4/],
      'no JSON': [{ ...tfjs, 'model.json': new Uint8Array(9) }, /model\.json to be a JSON object/],
      'weights cut off': [
        { ...tfjs, 'group1-shard1of1.bin': tfjs['group1-shard1of1.bin'].subarray(4) },
        /at least \d+ bytes of weights/,
      ],
      'weights missing': [{ 'model.json': tfjs['model.json'] }, /group1-shard1of1\.bin among the files/],
      'another activation': [altered('"relu"', '"tanh"'), /LSTM → Dropout → Dense\(relu\)/],
      'another layer': [altered('"class_name": "LSTM"', '"class_name": "GRU"'), /got InputLayer → GRU/],
      'a wider input': [altered(/null,\s+5,\s+2/, 'null, 5, 3'), /got 5 steps of 3 features/],
      'a million steps': [altered(/null,\s+5,\s+2/, 'null, 1000000, 2'), /got 1000000 steps/],
      'another type': [altered('"float32"\n', '"int32"\n'), /got int32/],
      'a path that climbs': [altered('group1-shard1of1.bin', '../../etc/passwd'), /passwd among the files/],
      'scalers that are not numbers': [altered('\\"minimum\\":1', '\\"minimum\\":null'), /`scalers`/],
    };
    for (const [name, [source, message]] of Object.entries(cases)) {
      await assert.rejects(loadPredictor(source as Uint8Array), (error: Error) => {
        assert.match(error.message, message, name);
        assert.ok(error instanceof InvalidWeightsError, name);
        return true;
      });
    }
  });

  it('refuses a hostile HDF5 file: circles, chunks, links, attributes of another type', async () => {
    const cases: Record<string, [(file: InstanceType<typeof h5wasm.File>) => void, RegExp]> = {
      'no attribute': [() => undefined, /attribute `model_config` of text, got none/],
      'a number for text': [(file) => file.create_attribute('model_config', 3), /of text, got number/],
      'no JSON': [(file) => file.create_attribute('model_config', '{'), /`model_config` .* to be JSON/],
      'a circle of groups': [
        (file) => {
          file.create_attribute('model_config', configText(model));
          const group = file.create_group('model_weights').create_group('lstm');
          group.create_hard_link('/model_weights/lstm', 'a');
          group.create_hard_link('/model_weights/lstm', 'b');
        },
        /lstm\/lstm_cell\/kernel .* got none/,
      ],
      'a link out of the file': [
        (file) => {
          file.create_attribute('model_config', configText(model));
          const group = file.create_group('model_weights').create_group('lstm');
          group.create_external_link('/etc/passwd', 'x', 'kernel');
        },
        /got none/,
      ],
      'compressed chunks': [
        (file) => {
          file.create_attribute('model_config', configText(model));
          file
            .create_group('model_weights')
            .create_group('lstm')
            .create_dataset({
              name: 'kernel',
              data: new Float32Array(2 * 32),
              shape: [2, 32],
              chunks: [2, 32],
              compression: 9,
            });
        },
        /as float32 \[2, 32\], got \[2, 32\] in chunks/,
      ],
    };
    for (const [name, [write, message]] of Object.entries(cases)) {
      await assert.rejects(loadPredictor(await hdf5(write)), (error: Error) => {
        assert.match(error.message, message, name);
        assert.ok(error instanceof InvalidWeightsError, name);
        return true;
      });
    }
  });

  it('takes any bytes: it refuses them, or predicts', async function () {
    this.timeout(180_000);
    const tfjs = writeTfjsModel(model);
    const files: Record<string, readonly [Uint8Array, number]> = {
      // Each HDF5 file is read in a thread of its own.
      'binge_model.h5': [await writeKerasFile(model), 40],
      'model.json': [tfjs['model.json'], 1500],
      weights: [writeWeights(model), 1500],
    };
    for (const [name, [whole, cases]] of Object.entries(files)) {
      let refused = 0;
      const load = async (bytes: Uint8Array): Promise<void> => {
        try {
          await loadPredictor(name === 'model.json' ? { ...tfjs, 'model.json': bytes } : bytes);
        } catch (error) {
          assert.ok(error instanceof InvalidWeightsError, String(error));
          refused++;
        }
      };
      await load(whole);
      assert.equal(refused, 0);
      await fc.assert(fc.asyncProperty(damaged(whole), load), { numRuns: cases });
      assert.ok(refused > cases / 10, `${name}: ${refused} of ${cases} refused`);
    }
  });

  it('gives up a file that the HDF5 library never ends with, and leaves the thread free meanwhile', async function () {
    this.timeout(60_000);
    const file = await writeKerasFile(model);
    // A text of the heap that says to be longer than it is: what follows it is a text of no length, for ever.
    const text = Buffer.from(file).indexOf('dense_1/bias');
    const circle = Uint8Array.from(file);
    assert.equal(circle[text - 8], 'dense_1/bias'.length);
    circle[text - 8] = 78;
    let turns = 0;
    const clock = setInterval(() => turns++, 50);
    try {
      await assert.rejects(readKerasFile(circle, 3000), /cannot be read within 3 s/);
    } finally {
      clearInterval(clock);
    }
    assert.ok(turns > 10, `${turns} turns`);
    assert.deepEqual((await readKerasFile(file)).weights, model.weights);
  });
});

/** A file with some bytes changed, most of them in its first ones, or cut off. */
function damaged(whole: Uint8Array): fc.Arbitrary<Uint8Array> {
  const place = fc.oneof(fc.nat(whole.length - 1), fc.nat(Math.min(whole.length, 2048) - 1));
  return fc
    .record({
      length: fc.option(fc.nat(whole.length), { freq: 3, nil: whole.length }),
      changes: fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 6 }),
    })
    .map(({ length, changes }) => {
      const bytes = Uint8Array.from(whole);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes.slice(0, length);
    });
}

function rawWindows({ ratings }: Dataset, { firstRow, steps }: WindowSet): RawWindows {
  const rows = Array.from(firstRow).flatMap((row) => Array.from({ length: steps }, (_, step) => row + step));
  return {
    rating: Uint8Array.from(rows, (row) => ratings.rating[row]!),
    timeDiff: Int32Array.from(rows, (row) => ratings.timeDiff[row]!),
  };
}

function configText(model: Model): string {
  const { modelTopology } = JSON.parse(new TextDecoder().decode(writeTfjsModel(model)['model.json'])) as {
    modelTopology: { model_config: unknown };
  };
  return JSON.stringify(modelTopology.model_config);
}

let files = 0;

async function hdf5(write: (file: InstanceType<typeof h5wasm.File>) => void): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready;
  const path = `/hostile-${++files}.h5`;
  const file = new h5wasm.File(path, 'w');
  write(file);
  file.close();
  const bytes = Uint8Array.from(FS.readFile(path));
  FS.unlink(path);
  return bytes;
}
