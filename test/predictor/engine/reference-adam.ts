import type { OptimizerState } from '../../../predictor/engine/engine.js';
import { type ModelWeights, weightNames } from '../../../predictor/model/weights.js';

const f = Math.fround;

/**
 * Adam as Keras writes it (`keras.optimizers.Adam.update_step`), each operation rounded to float32:
 * m += (g − m)(1 − β₁), v += (g² − v)(1 − β₂), w −= m α / (√v + ε). Only α is computed in float64. Moments too small to
 * move a weight become zero, as in the kernel (kernel/adam.ts).
 */
export function referenceAdam(
  state: OptimizerState,
  gradients: ModelWeights,
  learningRate: number,
): OptimizerState {
  const step = state.step + 1;
  const [power1, power2] = [state.betaPowers[0] * f(0.9), state.betaPowers[1] * f(0.999)];
  const alpha = f((learningRate * Math.sqrt(1 - power2)) / (1 - power1));
  const next = structuredClone(state);
  for (const name of weightNames) {
    const [w, m, v] = [next.weights[name], next.firstMoment[name], next.secondMoment[name]];
    for (const [index, g] of gradients[name].entries()) {
      m[index] = f(f(f(g - m[index]!) * f(0.1)) + m[index]!);
      v[index] = f(f(f(f(g * g) - v[index]!) * f(0.001)) + v[index]!);
      if (Math.abs(m[index]) < f(1e-17)) m[index] = 0;
      if (v[index] < f(1e-33)) v[index] = 0;
      w[index] = f(w[index]! - f(f(m[index] * alpha) / f(f(Math.sqrt(v[index])) + f(1e-7))));
    }
  }
  return { ...next, betaPowers: [power1, power2], step };
}
