import type { ModelShape, ModelWeights } from '../model/weights.js';
import type { WindowSet } from '../windows/window-set.js';
import type { LearningRateSchedule } from './learning-rate.js';

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
  /** How the learning rate falls over the steps (predictor/engine/learning-rate.ts); constant if left out. */
  readonly schedule?: LearningRateSchedule;
  /** What a window's loss counts for in training, by its label: [stop, binge]; [1, 1] if left out. */
  readonly classWeights?: readonly [number, number];
  /** Gradients whose norm over all weights is above this are scaled down to it; 0, or left out: never. */
  readonly clipNorm?: number;
  /**
   * Multiply and add in one instruction, where the engine can: faster, and the last bits depend on the machine.
   * Off unless asked for.
   */
  readonly fastMath?: boolean;
}

export interface LossAndAccuracy {
  /** Mean binary cross-entropy, nats per window. */
  readonly loss: number;
  /** Share of windows whose probability lies on the label's side of 0.5. */
  readonly accuracy: number;
}

/** How far into an epoch, and its sums so far: where it was cut, and can be gone on with. */
export interface EpochPosition {
  readonly steps: number;
  /** Sum of the windows' losses, as trained on. */
  readonly lossSum: number;
  /** Windows classified correctly. */
  readonly correct: number;
}

/** Means over the windows seen, and how far the epoch got. */
export interface TrainedEpoch extends LossAndAccuracy {
  readonly position: EpochPosition;
  /** Whether the order's last window was seen; false only where `isInterrupted` said so. */
  readonly finished: boolean;
}

/** Progress inside an epoch, at most twenty times a second. */
export interface EpochProgress {
  readonly steps: number;
  readonly totalSteps: number;
  /** Running means over the epoch so far. */
  readonly loss: number;
  readonly accuracy: number;
}

export interface EpochOptions {
  /** Where the epoch was cut, with the state loaded that was saved there; its beginning if left out. */
  readonly from?: EpochPosition;
  readonly onProgress?: (progress: EpochProgress) => void;
  /** Asked after each step but the last: true cuts the epoch there. */
  readonly isInterrupted?: () => boolean;
}

/**
 * A training engine: weights and Adam state in and out, an epoch a call, progress by callback. It knows nothing of
 * who runs it. Calls that take long give way to the process's other work now and then.
 */
export interface TrainingEngine {
  readonly name: string;
  /** Windows of one step. */
  readonly batchSize: number;
  /** Takes the state in; what was there before is gone. */
  load(state: OptimizerState): void;
  /** A copy of the state, in Keras's layout. */
  save(): OptimizerState;
  /**
   * One pass over `windows` in the given order, in batches; the last batch may be smaller. An epoch that is cut and
   * gone on with ends with the same bytes as one that is not.
   * @param order permutation of 0 … windows − 1
   * @throws TrainingDivergedError if the loss is not finite
   */
  trainEpoch(windows: WindowSet, order: Int32Array, options?: EpochOptions): Promise<TrainedEpoch>;
  /** Loss and accuracy without dropout and without learning. */
  evaluate(windows: WindowSet): Promise<LossAndAccuracy>;
  /** Probability of a binge for each window, float32 [windows]. */
  predict(windows: WindowSet): Promise<Float32Array>;
}
