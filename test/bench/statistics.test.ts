import assert from 'node:assert/strict';
import {
  firstStep,
  median,
  ratios,
  spread,
  type TrainingObservation,
  wholeTraining,
} from '../../bench/statistics.js';

describe('the arithmetic of the benchmarks', () => {
  for (const [values, expected] of [
    [[3], 3],
    [[9, 1, 4], 4],
    [[10, 1, 2, 9], 5.5],
  ] as const) {
    it(`takes ${expected} as the median of ${values.join(', ')}`, () => {
      assert.equal(median(values), expected);
    });
  }

  it('has no median of nothing', () => {
    assert.throws(() => median([]), RangeError);
  });

  it('leaves the order of the values alone', () => {
    const values = [2, 10, 1];
    spread(values);
    assert.deepEqual(values, [2, 10, 1]);
  });

  it('gives the middle with both ends', () => {
    assert.deepEqual(spread([10, 9, 2]), { median: 9, least: 2, most: 10 });
  });

  it('divides repetition by repetition: a slow turn slows both and changes no ratio', () => {
    assert.deepEqual(ratios([2, 20, 3], [1, 10, 1]), [2, 2, 3]);
  });

  it('compares no repetitions of which one is missing', () => {
    assert.throws(() => ratios([1, 2], [1]), /Expected 1 repetitions, got 2/);
  });
});

describe('a whole training', () => {
  // 3 epochs of 100 steps: 5 s to compile, a slow first epoch, then 2 s of steps and 1 s of validation.
  const observation: TrainingObservation = {
    seconds: 5 + 7 + 1 + 2 + 1 + 2 + 1,
    cpuSeconds: 19,
    trainSeconds: [7, 2, 2],
    validationSeconds: [1, 1, 1],
    steps: 100,
    peakBytes: 1,
    version: '',
  };

  it('is as measured if all of it was', () => {
    assert.deepEqual(wholeTraining(observation, { epochs: 3, steps: 100 }), {
      wholeSeconds: 19,
      warmUpSeconds: 10,
      msPerStep: 20,
      extrapolated: false,
    });
  });

  it('is its warm-up and its epochs at a steady pace if fewer were measured', () => {
    const whole = wholeTraining(observation, { epochs: 10, steps: 100 });
    assert.equal(whole.wholeSeconds, 10 + 10 * 3);
    assert.equal(whole.extrapolated, true);
  });

  it('has more steps in an epoch, and the same validation, if a part of an epoch was measured', () => {
    const whole = wholeTraining(observation, { epochs: 3, steps: 1000 });
    assert.equal(whole.wholeSeconds, 10 + 3 * (20 + 1));
    assert.equal(whole.msPerStep, 20);
  });

  it('takes the first epoch for steady if it is the only one', () => {
    const alone = { ...observation, seconds: 12, trainSeconds: [8], validationSeconds: [1] };
    const whole = wholeTraining(alone, { epochs: 1, steps: 100 });
    assert.deepEqual([whole.wholeSeconds, whole.warmUpSeconds, whole.msPerStep], [12, 3, 80]);
  });

  it('has no warm-up below zero, if the first epoch is the fastest', () => {
    const fast = { ...observation, seconds: 8, trainSeconds: [1, 2, 2] };
    assert.equal(wholeTraining(fast, { epochs: 3, steps: 100 }).warmUpSeconds, 0);
  });
});

describe('the first step', () => {
  it('ended before the first word, by the steps since at the pace between two words', () => {
    const words = [
      { ms: 150, steps: 51 },
      { ms: 200, steps: 101 },
    ];
    assert.equal(firstStep(words), 100);
  });

  it('is unknown after one word', () => {
    assert.throws(() => firstStep([{ ms: 1, steps: 1 }]), RangeError);
  });
});
