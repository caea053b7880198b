import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createPaceMeter } from '../../cli/pace.js';
import { liveLine } from '../../cli/progress-view.js';
import type { RunProgress, StageProgress } from '../../workflows/contract.js';

const training = (epoch: number, done: number): StageProgress => ({
  ...{ stage: 'train', unit: 'steps', done, total: 100, epoch, epochs: 4 },
});

describe('the pace of a stage', () => {
  it('is not said before there is something to say', () => {
    const measure = createPaceMeter();
    assert.equal(measure(training(1, 0), 0), undefined);
    assert.equal(measure(training(1, 50), 1000), undefined);
    assert.equal(createPaceMeter()(training(1, 0), 9000), undefined);
  });

  it('goes over the epochs of a training', () => {
    const measure = createPaceMeter();
    measure(training(1, 80), 0);
    assert.deepEqual(measure(training(2, 20), 4000), { rate: 10, secondsLeft: 28 });
  });

  it('is that of the units, whatever the reports, and never negative', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 3, maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 100, max: 3000 }), (increments, everyMs) => {
        const measure = createPaceMeter();
        const total = increments.reduce((sum, one) => sum + one, 0);
        let done = 0;
        for (const [index, increment] of increments.entries()) {
          done += increment;
          const pace = measure({ stage: 'download', unit: 'bytes', done, total }, index * everyMs);
          if (!pace) continue;
          const [least, most] = [Math.min(...increments), Math.max(...increments)];
          assert.ok(pace.rate >= (least / everyMs) * 999 && pace.rate <= (most / everyMs) * 1001);
          assert.ok(Math.abs(pace.secondsLeft! * pace.rate - (total - done)) < 1e-6 * total + 1e-9);
        }
      }),
    );
  });

  it('begins anew with a stage, and with an attempt that goes on from before', () => {
    const measure = createPaceMeter();
    measure(training(1, 0), 0);
    assert.ok(measure(training(3, 0), 5000));
    assert.equal(measure(training(2, 0), 6000), undefined);
    assert.equal(measure({ stage: 'evaluate', unit: 'windows', done: 500, total: 900 }, 7000), undefined);
  });

  it('has no time left where the total is not known', () => {
    const measure = createPaceMeter();
    measure({ stage: 'download', unit: 'bytes', done: 0 }, 0);
    assert.deepEqual(measure({ stage: 'download', unit: 'bytes', done: 4000 }, 4000), { rate: 1000 });
  });

  it('stands in the line of the moment, the time left first: narrow terminals cut the rest', () => {
    const progress: RunProgress = {
      ...{ run: 'r', source: 'synthetic', epochs: [], totalEpochs: 4 },
      stages: [{ stage: 'train', state: 'running' }],
    };
    const line = liveLine(
      { progress, live: { ...training(2, 20), loss: 0.08 } },
      { rate: 2850.4, secondsLeft: 65.2 },
    );
    assert.equal(
      line,
      '  train       [#####-------------------]  epoch 2/4  1m6s left  20 of 100 steps  loss 0.0800  2,850 steps/s',
    );
    assert.ok(line.indexOf('left') < 60);
  });
});
