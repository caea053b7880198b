/** How the learning rate falls. `decaySteps` is when it reaches 0. */
export interface LearningRateSchedule {
  readonly kind: LearningRateKind;
  readonly decaySteps: number;
}

/** How a learning rate falls over the steps, if it does. */
export type LearningRateKind = 'constant' | 'linear' | 'cosine';

/**
 * The learning rate of a step, as Keras's schedules have it: `linear` is PolynomialDecay(power=1, end_learning_rate=0),
 * `cosine` is CosineDecay(alpha=0). Both are 0 from `decaySteps` on.
 * @param step steps taken before this one
 */
export function learningRateAt(
  learningRate: number,
  schedule: LearningRateSchedule | undefined,
  step: number,
): number {
  if (schedule === undefined || schedule.kind === 'constant') return learningRate;
  const done = Math.min(1, step / schedule.decaySteps);
  if (schedule.kind === 'linear') return learningRate * (1 - done);
  return learningRate * 0.5 * (1 + cosineOfTurn(done));
}

/**
 * cos πx for 0 ≤ x ≤ 1, by its series around the nearer of 0 and π/2: the platform's cosine may differ in the last bit
 * from one machine to the next.
 */
function cosineOfTurn(x: number): number {
  if (x > 0.75) return -cosineOfTurn(1 - x);
  if (x > 0.25) return sine(Math.PI * (0.5 - x));
  const square = (Math.PI * x) ** 2;
  let series = 0;
  for (let n = 20; n >= 2; n -= 2) series = (1 - series) * (square / (n * (n - 1)));
  return 1 - series;
}

/** sin x for |x| ≤ π/4. */
function sine(x: number): number {
  const square = x * x;
  let series = 0;
  for (let n = 21; n >= 3; n -= 2) series = (1 - series) * (square / (n * (n - 1)));
  return x * (1 - series);
}
