import type { EngineOptions, OptimizerState } from './engine.js';
import { learningRateAt } from './learning-rate.js';

/** β₁ and β₂ as Keras holds them, in float32. */
const betas = [Math.fround(0.9), Math.fround(0.999)] as const;

/** β₁ᵗ and β₂ᵗ after one more step. */
export function nextBetaPowers([power1, power2]: OptimizerState['betaPowers']): [number, number] {
  return [power1 * betas[0], power2 * betas[1]];
}

/**
 * Adam's rate in one step: learning rate × √(1 − β₂ᵗ) / (1 − β₁ᵗ).
 * @param step steps taken before this one
 * @param powers β₁ᵗ and β₂ᵗ with this one
 */
export function adamRate(
  { learningRate, schedule }: EngineOptions,
  step: number,
  [power1, power2]: OptimizerState['betaPowers'],
): number {
  return (learningRateAt(learningRate, schedule, step) * Math.sqrt(1 - power2)) / (1 - power1);
}
