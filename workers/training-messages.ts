import type { TensorflowState } from '../predictor/engine/choose-engine.js';
import type { EpochMetrics } from '../predictor/model/checkpoint.js';
import type {
  SavedTraining,
  TrainingJob,
  TrainingProgress,
  TrainingResult,
} from '../predictor/training-job.js';

/** What the training worker tells its child: one request, and perhaps to stop. */
export type TrainingRequest =
  | { readonly kind: 'train'; readonly job: TrainingJob }
  /** Finish the step, hand over the state, end. */
  | { readonly kind: 'stop' }
  /** Say what TensorFlow finds on this machine. */
  | { readonly kind: 'probe' };

/** What the child tells its parent. */
export type TrainingMessage =
  | { readonly kind: 'progress'; readonly progress: TrainingProgress }
  | { readonly kind: 'epoch'; readonly metrics: EpochMetrics }
  | { readonly kind: 'saved'; readonly saved: SavedTraining }
  /** Its event loop turns: it does not hang, however long a step takes. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'ended'; readonly result: TrainingResult }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string }
  | { readonly kind: 'probed'; readonly tensorflow: TensorflowState };
