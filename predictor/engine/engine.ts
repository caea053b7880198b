import type { ModelShape, ModelWeights } from '../model/weights.js';
import type { WindowSet } from '../windows/window-set.js';

/** Adam's state beside the weights it belongs to. Everything a next step depends on, apart from data and seed. */
export interface OptimizerState {
  readonly weights: ModelWeights;
  readonly firstMoment: ModelWeights;
  readonly secondMoment: ModelWeights;
  /** β₁ᵗ and β₂ᵗ after `step` steps, float64 products of the float32 betas. */
  readonly betaPowers: readonly [number, number];
  /** Adam steps taken. */
  readonly step: number;
}

/** What an engine needs to know before the first step. */
export interface EngineOptions {
  readonly shape: ModelShape;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Share of LSTM outputs dropped in training. */
  readonly dropout: number;
  /** Seeds the dropout masks (predictor/engine/dropout-mask.ts): a mask depends on seed, step, row and unit alone. */
  readonly seed: number;
}

export interface LossAndAccuracy {
  /** Mean binary cross-entropy, nats per window. */
  readonly loss: number;
  /** Share of windows whose probability lies on the label's side of 0.5. */
  readonly accuracy: number;
}

/** Progress inside an epoch, at most twenty times a second. */
export interface EpochProgress {
  readonly steps: number;
  readonly totalSteps: number;
  /** Running means over the epoch so far. */
  readonly loss: number;
  readonly accuracy: number;
}

/**
 * A training engine: weights and Adam state in and out, an epoch a call, progress by callback. It knows nothing of
 * who runs it. Calls that take long give way to the process's other work now and then.
 */
export interface TrainingEngine {
  readonly name: string;
  /** Takes the state in; what was there before is gone. */
  load(state: OptimizerState): void;
  /** A copy of the state, in Keras's layout. */
  save(): OptimizerState;
  /**
   * One pass over `windows` in the given order, in batches; the last batch may be smaller.
   * @param order permutation of 0 … windows − 1
   * @throws TrainingDivergedError if the loss is not finite
   */
  trainEpoch(
    windows: WindowSet,
    order: Int32Array,
    onProgress?: (progress: EpochProgress) => void,
  ): Promise<LossAndAccuracy>;
  /** Loss and accuracy without dropout and without learning. */
  evaluate(windows: WindowSet): Promise<LossAndAccuracy>;
  /** Probability of a binge for each window, float32 [windows]. */
  predict(windows: WindowSet): Promise<Float32Array>;
}
