import type { RunMetrics } from './contract.js';

/** A metric of the test part beside what it has to beat. */
export interface ComparedMetric {
  readonly title: string;
  /** Undefined where it is not defined: the AUC of a single class. */
  readonly value: number | undefined;
  readonly toBeat: number | undefined;
  /** Where the number to beat comes from. */
  readonly rival: string;
  /** Undefined where one of the two numbers is. */
  readonly better: boolean | undefined;
}

/** What a reader of the metrics has to know first: is the model better than none? */
export function compareMetrics({ test }: RunMetrics): ComparedMetric[] {
  const number = (name: string) => {
    const value = test[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  };
  const compared = (title: string, name: string, toBeat: number | undefined, rival: string, sign: 1 | -1) => {
    const value = number(name);
    const better = value === undefined || toBeat === undefined ? undefined : sign * (value - toBeat) > 1e-9;
    return { title, value, toBeat, rival, better };
  };
  return [
    compared('test accuracy', 'accuracy', number('majorityAccuracy'), 'majority class alone', 1),
    compared('test log loss', 'logLoss', number('baseRateLogLoss'), 'base rate alone', -1),
    compared('ROC AUC', 'rocAuc', 0.5, 'chance', 1),
    compared('average precision, stops', 'averagePrecisionStop', number('stopShare'), 'their share', 1),
  ];
}
