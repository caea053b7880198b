import assert from 'node:assert/strict';
import { learningRateAt } from '../../../predictor/engine/learning-rate.js';

describe('the learning rate', () => {
  it('stays as it is without a schedule, and with a constant one', () => {
    assert.equal(learningRateAt(0.3, undefined, 1e9), 0.3);
    assert.equal(learningRateAt(0.3, { kind: 'constant', decaySteps: 10 }, 1e9), 0.3);
  });

  it('falls in a line to 0, and stays there', () => {
    const schedule = { kind: 'linear', decaySteps: 8 } as const;
    assert.deepEqual(
      [0, 2, 4, 8, 9].map((step) => learningRateAt(2, schedule, step)),
      [2, 1.5, 1, 0, 0],
    );
  });

  it('falls by half a cosine to 0, and stays there', () => {
    const schedule = { kind: 'cosine', decaySteps: 1000 } as const;
    for (let step = 0; step <= 1000; step++) {
      const expected = 0.5 * (1 + Math.cos((Math.PI * step) / 1000));
      assert.ok(Math.abs(learningRateAt(1, schedule, step) - expected) < 4e-16, String(step));
    }
    assert.equal(learningRateAt(1, schedule, 0), 1);
    assert.equal(learningRateAt(1, schedule, 1500), learningRateAt(1, schedule, 1000));
  });
});
