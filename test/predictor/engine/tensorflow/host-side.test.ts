import assert from 'node:assert/strict';
import { dropoutKeys, dropoutMask } from '../../../../predictor/engine/dropout-mask.js';
import { dropoutMasks, gatherWindows } from '../../../../predictor/engine/tensorflow/batches.js';
import { flatten, unflatten } from '../../../../predictor/engine/tensorflow/flat-parameters.js';
import { addLosses } from '../../../../predictor/engine/tensorflow/losses.js';
import { initialState } from '../../../../predictor/model/initialise.js';
import { parameterCount } from '../../../../predictor/model/weights.js';
import { randomWindows } from '../../../support/model.js';

describe('flat parameters', () => {
  const shape = { steps: 3, features: 2, units: 5, denseUnits: 7 };
  const { weights } = initialState(shape, 1);

  it('come back as they went in', () => {
    const flat = flatten(shape, weights);
    assert.equal(flat.length, parameterCount(shape));
    assert.deepEqual(unflatten(shape, flat), weights);
  });

  it('begin with the stacked kernel: rows of the features, then rows of the units', () => {
    const flat = flatten(shape, weights);
    const row = (index: number) => flat.subarray(index * 4 * 5, (index + 1) * 4 * 5);
    assert.deepEqual(row(1), weights.lstmKernel.subarray(20));
    assert.deepEqual(row(2), weights.lstmRecurrentKernel.subarray(0, 20));
    assert.deepEqual(row(2 + 5), weights.lstmBias);
  });
});

describe('batches', () => {
  it('hold the windows of each batch side by side, step after step', () => {
    const shape = { steps: 3, features: 2, units: 1, denseUnits: 1 };
    const windows = randomWindows(shape, 6);
    const chosen = Int32Array.of(5, 1, 0, 4);
    const rows = 2;
    const values = gatherWindows(windows, chosen, rows);
    assert.equal(values.length, 4 * 3 * 2);
    for (const [index, window] of chosen.entries()) {
      for (let step = 0; step < 3; step++) {
        for (let feature = 0; feature < 2; feature++) {
          const [batch, row] = [Math.floor(index / rows), index % rows];
          const got = values[((batch * 3 + step) * rows + row) * 2 + feature];
          assert.equal(got, windows.features[(windows.firstRow[window]! + step) * 2 + feature]);
        }
      }
    }
  });

  it('have the dropout masks of their steps', () => {
    const values = dropoutMasks({ dropout: 0.4, seed: 9, step: 7, count: 3, rows: 2, units: 5 });
    for (const [index, value] of values.entries()) {
      const [step, row, unit] = [7 + Math.floor(index / 10), Math.floor(index / 5) % 2, index % 5];
      assert.equal(value, dropoutMask(dropoutKeys(0.4, 9, step), row, unit));
    }
    assert.equal(values.length, 30);
    assert.ok(values.includes(0));
  });
});

describe('sums of losses', () => {
  const logits = Float32Array.of(-3, 0.5, 800, -900, 0);
  const labels = Uint8Array.of(0, 1, 1, 1, 0);
  const none = { loss: 0, correct: 0 };

  it('are those of the definition, also where a probability rounds to 0 or 1', () => {
    const { loss, correct } = addLosses(none, logits, labels);
    const expected = Math.log(1 + Math.exp(-3)) + Math.log(1 + Math.exp(-0.5)) + 900 + Math.log(2);
    assert.ok(Math.abs(loss - expected) < 1e-12, String(loss - expected));
    assert.equal(correct, 4);
  });

  it('are the same to the bit wherever they are cut', () => {
    const whole = addLosses(none, logits, labels, [3, 0.7]);
    for (let cut = 0; cut <= logits.length; cut++) {
      const before = addLosses(none, logits.subarray(0, cut), labels.subarray(0, cut), [3, 0.7]);
      assert.deepEqual(addLosses(before, logits.subarray(cut), labels.subarray(cut), [3, 0.7]), whole);
    }
  });

  it('count a window by the weight of its class', () => {
    const { loss } = addLosses(none, logits, labels, [2, 0]);
    assert.ok(Math.abs(loss - 2 * (Math.log(1 + Math.exp(-3)) + Math.log(2))) < 1e-12);
  });
});
