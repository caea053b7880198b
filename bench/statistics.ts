/** The arithmetic of the benchmarks: medians, ratios, spreads, and a whole training from a part of it. */

/** What a training contender prints of itself. */
export interface TrainingObservation {
  /** From data in memory on: model, compilation, all its epochs. */
  readonly seconds: number;
  /** Processor time in it, over all threads. */
  readonly cpuSeconds: number;
  /** Each epoch's steps, validation excluded. */
  readonly trainSeconds: readonly number[];
  /** Each epoch's validation. */
  readonly validationSeconds: readonly number[];
  /** Steps in each of its epochs. */
  readonly steps: number;
  /** Largest resident size of the process. */
  readonly peakBytes: number;
  /** After the last epoch, nats; none where only a part of an epoch was trained. */
  readonly validationLoss?: number;
  /** Of what is measured, with its name. */
  readonly version: string;
}

/** A training as the tables show it. */
export interface Training {
  /** All epochs, validation and everything before the first step included. */
  readonly wholeSeconds: number;
  /** What the whole takes beyond its epochs at their steady pace: model, compilation, the slower first epoch. */
  readonly warmUpSeconds: number;
  readonly msPerStep: number;
  /** Whether fewer steps or epochs were measured than the whole has. */
  readonly extrapolated: boolean;
}

/** Middle of the values and their ends. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** @throws RangeError without values */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('Expected values to take the median of, got none');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** @throws RangeError without values */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/**
 * How many times as much as the reference, repetition by repetition: both ran within one turn, so a machine that slows
 * down for a while slows both.
 * @throws RangeError if one has more repetitions than the other
 */
export function ratios(values: readonly number[], reference: readonly number[]): number[] {
  if (values.length !== reference.length) {
    throw new RangeError(`Expected ${reference.length} repetitions, got ${values.length}`);
  }
  return values.map((value, repetition) => value / reference[repetition]!);
}

/**
 * A whole training of `epochs` epochs of `steps` steps, from one that may be shorter: warm-up + epochs × steady epoch.
 * The steady epoch is the median of those after the first, or the first if it is alone.
 */
export function wholeTraining(
  { seconds, trainSeconds, validationSeconds, steps: measuredSteps }: TrainingObservation,
  { epochs, steps }: { readonly epochs: number; readonly steps: number },
): Training {
  const measuredEpochs = trainSeconds.length;
  const steadyTrain = median(measuredEpochs > 1 ? trainSeconds.slice(1) : trainSeconds);
  const steadyValidation = median(measuredEpochs > 1 ? validationSeconds.slice(1) : validationSeconds);
  const warmUpSeconds = Math.max(0, seconds - measuredEpochs * (steadyTrain + steadyValidation));
  const extrapolated = measuredEpochs !== epochs || measuredSteps !== steps;
  return {
    wholeSeconds: extrapolated
      ? warmUpSeconds + epochs * ((steadyTrain * steps) / measuredSteps + steadyValidation)
      : seconds,
    warmUpSeconds,
    msPerStep: (steadyTrain / measuredSteps) * 1000,
    extrapolated,
  };
}

/** How many steps were done how long after the start. */
export interface StepsDone {
  readonly ms: number;
  readonly steps: number;
}

/**
 * When the first step had ended, ms. Progress is told now and then (every 50 ms), so the steps before the first word are
 * taken off at the pace between the first two words. Steps are slower at first: this says rather too late than too early.
 * @throws RangeError without two words
 */
export function firstStep([first, second]: readonly StepsDone[]): number {
  if (!first || !second) throw new RangeError('Expected two words of progress, got fewer');
  const msPerStep = (second.ms - first.ms) / (second.steps - first.steps);
  return first.ms - (first.steps - 1) * msPerStep;
}
