import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  InvalidParameterError,
  parameterDefinitions,
  parameterNames,
  resolveParameters,
} from '../../predictor/config.js';

describe('parameters', () => {
  it('default to what the notebook uses', () => {
    assert.deepEqual(resolveParameters(), {
      sequenceLength: 5,
      bingeThreshold: 7200,
      testSize: 0.2,
      seed: 42,
      epochs: 10,
      batchSize: 32,
      lstmUnits: 64,
      dropout: 0.2,
      denseUnits: 32,
      learningRate: 0.001,
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

  it('accept exactly what lies in their range', () => {
    fc.assert(
      fc.property(fc.constantFrom(...parameterNames), fc.double(), (name, value) => {
        const { minimum, maximum, integer } = parameterDefinitions[name];
        const exclusive = 'exclusive' in parameterDefinitions[name];
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
