import type { EpochMetrics } from './model/checkpoint.js';

/** The epoch with the lowest validation loss, the first of equals; 0 before any. */
export function bestEpoch(history: readonly EpochMetrics[]): number {
  let best = 0;
  let lowest = Infinity;
  for (const { epoch, valLoss } of history) {
    if (valLoss < lowest) [best, lowest] = [epoch, valLoss];
  }
  return best;
}

/**
 * Whether `patience` epochs in a row have brought no lower validation loss: Keras's EarlyStopping on `val_loss`, with
 * `min_delta` 0.
 * @param patience epochs; 0 for never
 */
export function stopsEarly(history: readonly EpochMetrics[], patience: number): boolean {
  return patience > 0 && history.length - bestEpoch(history) >= patience;
}
