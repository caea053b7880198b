import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { initialState, initialWeights } from '../../../predictor/model/initialise.js';
import { type WeightName, weightNames } from '../../../predictor/model/weights.js';

const shape = { steps: 5, features: 2, units: 64, denseUnits: 32 };
const weights = initialWeights(shape, 42);
const moment = (values: Float32Array, power: number) =>
  values.reduce((sum, value) => sum + value ** power, 0) / values.length;

describe('initial weights', () => {
  const fans: [WeightName, number][] = [
    ['lstmKernel', 2 + 256],
    ['denseKernel', 64 + 32],
    ['outputKernel', 32 + 1],
  ];
  for (const [name, fan] of fans) {
    it(`are uniform within Glorot's limit: ${name}`, () => {
      const limit = Math.sqrt(6 / fan);
      const values = weights[name];
      const error = 4 / Math.sqrt(values.length);
      assert.ok(values.every((value) => Math.abs(value) <= limit));
      assert.ok(Math.abs(moment(values, 1) / limit) < error / Math.sqrt(3));
      // A uniform variable's square has mean 1/3 and standard deviation √(4/45).
      assert.ok(Math.abs(moment(values, 2) / limit ** 2 - 1 / 3) < error * Math.sqrt(4 / 45));
    });
  }

  it('are as good as normal in the recurrent kernel', () => {
    const values = weights.lstmRecurrentKernel;
    assert.ok(Math.abs(moment(values, 1)) < 0.002);
    assert.ok(Math.abs(moment(values, 2) * 256 - 1) < 1e-6);
    assert.ok(Math.abs(moment(values, 4) * 256 ** 2 - 3) < 0.25);
  });

  it('are these very bytes on every machine', () => {
    const hash = createHash('sha256');
    for (const name of weightNames) hash.update(weights[name]);
    assert.equal(hash.digest('hex'), '15e5a6a69d19ad915005f429a63d0478a89300fb65089f0ec9fa61c5e650c98c');
  });

  it('come with an Adam that has not stepped yet', () => {
    const { firstMoment, secondMoment, betaPowers, step } = initialState(shape, 42);
    assert.deepEqual([betaPowers, step], [[1, 1], 0]);
    for (const name of weightNames) {
      for (const moments of [firstMoment, secondMoment]) {
        assert.deepEqual(moments[name], new Float32Array(weights[name].length));
      }
    }
  });
});
