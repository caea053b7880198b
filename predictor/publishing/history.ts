import type { EpochMetrics } from '../model/checkpoint.js';

/** Losses and accuracies by epoch, under the names of Keras's `history.history`. */
export interface HistoryDocument {
  readonly epoch: readonly number[];
  readonly loss: readonly number[];
  readonly accuracy: readonly number[];
  readonly val_loss: readonly number[];
  readonly val_accuracy: readonly number[];
}

export function historyDocument(history: readonly EpochMetrics[]): HistoryDocument {
  return {
    epoch: history.map(({ epoch }) => epoch),
    loss: history.map(({ loss }) => loss),
    accuracy: history.map(({ accuracy }) => accuracy),
    val_loss: history.map(({ valLoss }) => valLoss),
    val_accuracy: history.map(({ valAccuracy }) => valAccuracy),
  };
}
