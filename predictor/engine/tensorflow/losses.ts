export interface LossSums {
  readonly loss: number;
  /** Windows whose logit lies on the label's side of 0. */
  readonly correct: number;
}

/**
 * Binary cross-entropy from logits, max(z, 0) − z y + log(1 + e^−|z|), times the weight of the window's class, added up
 * in float64 window by window: where an epoch is cut does not change the sum.
 * @param sums so far
 */
export function addLosses(
  sums: LossSums,
  logits: Float32Array,
  labels: Uint8Array,
  classWeights: readonly [number, number] = [1, 1],
): LossSums {
  let { loss, correct } = sums;
  for (let index = 0; index < logits.length; index++) {
    const logit = logits[index]!;
    const label = labels[index] === 1 ? 1 : 0;
    loss +=
      classWeights[label] * (Math.max(logit, 0) - logit * label + Math.log1p(Math.exp(-Math.abs(logit))));
    if (logit > 0 === (label === 1)) correct++;
  }
  return { loss, correct };
}
