import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvalidDataError } from '../../../predictor/errors.js';
import { evaluatePredictions } from '../../../predictor/evaluation/metrics.js';

const evaluate = (probabilities: number[], labels: number[]) =>
  evaluatePredictions(probabilities, Uint8Array.from(labels));
const close = (a: number | null, b: number) =>
  assert.ok(a !== null && Math.abs(a - b) < 1e-9, `${a} and ${b}`);

describe('metrics', () => {
  it('of a perfect model', () => {
    const metrics = evaluate([1, 0.9, 0.1], [1, 1, 0]);
    assert.deepEqual([metrics.accuracy, metrics.rocAuc, metrics.averagePrecisionStop], [1, 1, 1]);
    assert.deepEqual(metrics.confusion, { bingeAsBinge: 2, bingeAsStop: 0, stopAsBinge: 0, stopAsStop: 1 });
  });

  it('of a model that always says the same are those of the baselines', () => {
    const metrics = evaluate([0.75, 0.75, 0.75, 0.75], [1, 1, 1, 0]);
    assert.equal(metrics.accuracy, metrics.majorityAccuracy);
    close(metrics.logLoss, metrics.baseRateLogLoss);
    assert.equal(metrics.rocAuc, 0.5);
    assert.equal(metrics.averagePrecisionStop, metrics.stopShare);
  });

  it('clip probabilities as Keras does', () => {
    close(evaluate([0, 1], [1, 0]).logLoss, Number((-Math.log(1e-7)).toPrecision(12)));
  });

  it('that need two classes are null when there is one', () => {
    assert.equal(evaluate([0.4, 0.6], [1, 1]).rocAuc, null);
    assert.equal(evaluate([0.4, 0.6], [1, 1]).averagePrecisionStop, null);
    assert.equal(evaluate([0.4, 0.6], [1, 1]).baseRateLogLoss, 0);
  });

  it('agree with slow definitions, ties among them', () => {
    const pairs = fc.array(fc.tuple(fc.constantFrom(0, 0.1, 0.25, 0.5, 0.75, 1), fc.constantFrom(0, 1)), {
      minLength: 2,
      maxLength: 25,
    });
    fc.assert(
      fc.property(pairs, (list) => {
        const stops = list.filter(([, label]) => label === 0).map(([p]) => p);
        const binges = list.filter(([, label]) => label === 1).map(([p]) => p);
        fc.pre(stops.length > 0 && binges.length > 0);
        const metrics = evaluate(
          list.map(([p]) => p),
          list.map(([, label]) => label),
        );
        let ordered = 0;
        for (const b of binges) for (const s of stops) ordered += b > s ? 1 : b === s ? 0.5 : 0;
        close(metrics.rocAuc, ordered / (stops.length * binges.length));
        // Average precision: the precision at each threshold, weighted by the recall it adds.
        let precision = 0;
        let recall = 0;
        for (const threshold of [...new Set(list.map(([p]) => p))].sort((a, b) => a - b)) {
          const found = list.filter(([p]) => p <= threshold);
          const hits = found.filter(([, label]) => label === 0).length;
          precision += (hits / stops.length - recall) * (hits / found.length);
          recall = hits / stops.length;
        }
        close(metrics.averagePrecisionStop, precision);
      }),
    );
  });

  it('refuse what is no probability, no label, or not as many', () => {
    for (const [probabilities, labels] of [
      [[NaN], [1]],
      [[1.5], [1]],
      [[0.5], [2]],
      [[0.5], [1, 0]],
      [[], []],
    ] as const) {
      assert.throws(() => evaluate([...probabilities], [...labels]), InvalidDataError);
    }
  });
});
