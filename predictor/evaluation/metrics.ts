import { InvalidDataError } from '../errors.js';

/** How well probabilities of a binge (label 1) foretell binges and stops (label 0), beside what they must beat. */
export interface TestMetrics {
  readonly windows: number;
  readonly binges: number;
  readonly stops: number;
  /** Share of windows whose probability lies on the label's side of 0.5. */
  readonly accuracy: number;
  /** Share of the more frequent label: the accuracy of always saying it. */
  readonly majorityAccuracy: number;
  /** Mean binary cross-entropy, nats, probabilities clipped to [1e-7, 1 − 1e-7] as Keras does. */
  readonly logLoss: number;
  /** Cross-entropy of always saying the share of binges. */
  readonly baseRateLogLoss: number;
  /** Chance that a binge is given a higher probability than a stop; null if there is only one of them. */
  readonly rocAuc: number | null;
  /** Average precision of finding stops by low probability; null if there is none. Chance gives the share of stops. */
  readonly averagePrecisionStop: number | null;
  readonly stopShare: number;
  readonly confusion: {
    readonly bingeAsBinge: number;
    readonly bingeAsStop: number;
    readonly stopAsBinge: number;
    readonly stopAsStop: number;
  };
}

const clip = 1e-7;

/**
 * @param probabilities [windows] of a binge
 * @param labels [windows] 1 = binge, 0 = stop
 * @throws InvalidDataError if there is no window, the lengths differ, or a value is outside its range
 */
export function evaluatePredictions(probabilities: ArrayLike<number>, labels: Uint8Array): TestMetrics {
  const windows = labels.length;
  if (windows === 0 || probabilities.length !== windows) {
    throw new InvalidDataError(
      `Expected a probability for each of at least one label, got ${probabilities.length} for ${windows}`,
    );
  }
  const confusion = { bingeAsBinge: 0, bingeAsStop: 0, stopAsBinge: 0, stopAsStop: 0 };
  let loss = 0;
  for (let window = 0; window < windows; window++) {
    const probability = probabilities[window]!;
    if (!(probability >= 0 && probability <= 1) || labels[window]! > 1) {
      throw new InvalidDataError(
        `Expected a probability from 0 to 1 and a label of 0 or 1 for window ${window}, got \`${probability}\` and ` +
          `\`${labels[window]!}\``,
      );
    }
    const binge = labels[window] === 1;
    const asBinge = probability > 0.5;
    if (binge) confusion[asBinge ? 'bingeAsBinge' : 'bingeAsStop']++;
    else confusion[asBinge ? 'stopAsBinge' : 'stopAsStop']++;
    const clipped = Math.min(Math.max(probability, clip), 1 - clip);
    loss -= Math.log(binge ? clipped : 1 - clipped);
  }
  const binges = confusion.bingeAsBinge + confusion.bingeAsStop;
  const stops = windows - binges;
  const share = binges / windows;
  return {
    windows,
    binges,
    stops,
    accuracy: (confusion.bingeAsBinge + confusion.stopAsStop) / windows,
    majorityAccuracy: Math.max(binges, stops) / windows,
    logLoss: settled(loss / windows),
    baseRateLogLoss: settled(entropy(share)),
    ...ranking(probabilities, labels, binges, stops),
    stopShare: stops / windows,
    confusion,
  };
}

/** ROC AUC (by ranks, ties counted half) and average precision for stops (ties taken together, as scikit-learn does). */
function ranking(
  probabilities: ArrayLike<number>,
  labels: Uint8Array,
  binges: number,
  stops: number,
): Pick<TestMetrics, 'rocAuc' | 'averagePrecisionStop'> {
  // From the surest stop to the surest binge.
  const order = Uint32Array.from(labels, (_, window) => window).sort(
    (a, b) => probabilities[a]! - probabilities[b]!,
  );
  let stopsSeen = 0;
  let bingesSeen = 0;
  let pairsInOrder = 0;
  let precision = 0;
  for (let place = 0; place < order.length;) {
    const value = probabilities[order[place]!]!;
    let tiedStops = 0;
    let tiedBinges = 0;
    for (; place < order.length && probabilities[order[place]!] === value; place++) {
      if (labels[order[place]!] === 1) tiedBinges++;
      else tiedStops++;
    }
    pairsInOrder += tiedBinges * (stopsSeen + tiedStops / 2);
    stopsSeen += tiedStops;
    bingesSeen += tiedBinges;
    precision += (tiedStops / stops) * (stopsSeen / (stopsSeen + bingesSeen));
  }
  return {
    rocAuc: binges > 0 && stops > 0 ? settled(pairsInOrder / (binges * stops)) : null,
    averagePrecisionStop: stops > 0 ? settled(precision) : null,
  };
}

/** Of a yes-or-no question with this share of yes, nats. */
function entropy(share: number): number {
  return [share, 1 - share].reduce((sum, part) => (part > 0 ? sum - part * Math.log(part) : sum), 0);
}

/** Twelve digits: the platform's logarithm may differ in the last, and equal models are to be equal bytes. */
function settled(value: number): number {
  return Number(value.toPrecision(12));
}
