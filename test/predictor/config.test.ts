import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  recipeOf,
  InvalidParameterError,
  type NumberDefinition,
  type NumberParameterName,
  parameterDefinitions,
  parameterNames,
  resolveParameters,
  type Stage,
  stages,
} from '../../predictor/config.js';
import { readRecorded } from '../versions/recorded-store.js';

const numberNames = parameterNames.filter(
  (name): name is NumberParameterName => parameterDefinitions[name].kind === 'number',
);

describe('parameters', () => {
  it('default to what the notebook uses', () => {
    assert.deepEqual(resolveParameters(), {
      sequenceLength: 5,
      bingeThreshold: 7200,
      testSize: 0.2,
      seed: 42,
      maxBadRows: 0,
      epochs: 10,
      batchSize: 32,
      lstmUnits: 64,
      dropout: 0.2,
      denseUnits: 32,
      learningRate: 0.001,
      learningRateSchedule: 'constant',
      decayEpochs: 10,
      patience: 0,
      clipNorm: 0,
      stopWeight: 1,
      bingeWeight: 1,
      engine: 'auto',
      device: 'auto',
      fastMath: false,
    });
  });

  it('say what they are for', () => {
    for (const name of parameterNames) assert.match(parameterDefinitions[name].reason, /\w{3}/, name);
  });

  const refused: [string, unknown, RegExp][] = [
    ['sequenceLength', 0, /`sequenceLength` to be a whole number from 1 to 1000, got `0` \(number\)/],
    ['sequenceLength', 2.5, /whole number/],
    ['testSize', 0, /above 0 and below 1, got `0`/],
    ['testSize', 1, /above 0 and below 1, got `1`/],
    ['seed', 2 ** 32, /from 0 to 4294967295/],
    ['seed', -1, /got `-1`/],
    ['epochs', '10', /got `10` \(string\)/],
    ['dropout', NaN, /got `NaN`/],
    ['learningRate', Infinity, /got `Infinity`/],
    ['engine', 'cuda', /`engine` to be one of auto, wasm, tensorflow, got `cuda` \(string\)/],
    ['device', 1, /one of auto, cpu, gpu, got `1` \(number\)/],
    ['fastMath', 'yes', /true or false, got `yes`/],
    ['epoch', 3, /Unknown parameter `epoch`: expected one of sequenceLength/],
    ['toString', 3, /Unknown parameter `toString`/],
  ];
  for (const [name, value, message] of refused) {
    it(`refuse ${name} = ${String(value)} (${typeof value})`, () => {
      assert.throws(
        () => resolveParameters({ [name]: value }),
        (error: Error) => error instanceof InvalidParameterError && message.test(error.message),
      );
    });
  }

  it('refuse what contradicts itself', () => {
    const refuse = (given: object, message: RegExp) =>
      assert.throws(() => resolveParameters({ ...given }), { name: 'InvalidParameterError', message });
    refuse({ engine: 'wasm', device: 'gpu' }, /`device`.*got `gpu`/);
    refuse({ engine: 'tensorflow', fastMath: true }, /`fastMath`.*got `true`/);
    refuse({ device: 'gpu', fastMath: true }, /`fastMath`.*got `true`/);
    assert.equal(resolveParameters({ engine: 'wasm', device: 'cpu', fastMath: true }).fastMath, true);
  });

  it('accept exactly what lies in their range', () => {
    fc.assert(
      fc.property(fc.constantFrom(...numberNames), fc.double(), (name, value) => {
        const definition: NumberDefinition = parameterDefinitions[name];
        const { minimum, maximum, integer, exclusive } = definition;
        const inside = exclusive ? minimum < value && value < maximum : minimum <= value && value <= maximum;
        const expected = inside && (!integer || Number.isInteger(value));
        let accepted = true;
        try {
          assert.equal(resolveParameters({ [name]: value })[name], value);
        } catch (error) {
          assert.ok(error instanceof InvalidParameterError);
          accepted = false;
        }
        assert.equal(accepted, expected, `${name} = ${value}`);
      }),
    );
  });
});

describe('the first stage that a parameter matters to', () => {
  it('is the first whose record names it', async () => {
    const { store } = await readRecorded('0.1.0');
    const records = await Promise.all(
      stages.map(async (stage) => {
        const [object] = await store.list(`records/${stage}/`);
        if (!object) return { stage, parameters: {} };
        const text = new TextDecoder().decode(await store.get(object.key));
        return JSON.parse(text) as { stage: Stage; parameters: object };
      }),
    );
    const named = parameterNames.flatMap((name) => {
      const first = records.find(({ parameters }) => Object.hasOwn(parameters, name))?.stage;
      return first === undefined ? [] : [[name, first] as const];
    });
    assert.ok(named.length > 12, String(named));
    for (const [name, first] of named) assert.equal(parameterDefinitions[name].stage, first, name);
    // What chooses the engine stands in the record as what was chosen.
    const others = parameterNames.filter((name) => !named.some(([known]) => known === name));
    assert.ok(others.every((name) => parameterDefinitions[name].stage === 'train'));
  });
});

describe('the name of a recipe', () => {
  it('is `notebook` for the defaults, and says what differs', () => {
    assert.equal(recipeOf(resolveParameters()), 'notebook');
    assert.equal(recipeOf(resolveParameters({ epochs: 10 })), 'notebook');
    assert.equal(
      recipeOf(resolveParameters({ seed: 7, epochs: 20, fastMath: true })),
      'notebook, seed=7, epochs=20, fastMath=true',
    );
  });

  it('is no longer than a server keeps', () => {
    const all = { sequenceLength: 7, bingeThreshold: 7201, testSize: 0.123456789, seed: 4_294_967_295 };
    const more = { epochs: 9999, batchSize: 65_536, lstmUnits: 1000, dropout: 0.123456789, denseUnits: 1000 };
    const recipe = recipeOf(
      resolveParameters({
        ...all,
        ...more,
        learningRate: 0.000123456789,
        stopWeight: 57.123456789,
        clipNorm: 1,
      }),
    );
    assert.equal(recipe.length, 200);
    assert.match(recipe, /^notebook, sequenceLength=7.*…$/);
  });
});
