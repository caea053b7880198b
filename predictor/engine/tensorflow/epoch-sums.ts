import type { EpochPosition } from '../engine.js';
import { addLosses } from './losses.js';
import type { TensorId } from './runtime.js';
import type { Tensors } from './tensors.js';

/** Loss and accuracy of an epoch's steps, of which the last have their logits still on the device. */
export class EpochSums {
  private pending: { readonly logits: TensorId; readonly labels: Uint8Array }[] = [];

  /** @param position sums of the steps that are read */
  constructor(
    private readonly tensors: Tensors,
    private readonly classWeights: readonly [number, number] | undefined,
    public position: EpochPosition = { steps: 0, lossSum: 0, correct: 0 },
  ) {}

  /** @param logits of one step, [rows, 1]; deleted when they are read. All of one shape until `read` is called. */
  add(logits: TensorId, labels: Uint8Array): void {
    this.pending.push({ logits, labels });
  }

  /**
   * Waits for the device and adds up what it made.
   * @returns whether the loss is finite; if not, `position` is after the first step where it is not
   */
  read(): boolean {
    if (this.pending.length === 0) return true;
    const { tensors, pending, classWeights } = this;
    const values = tensors.readAll(pending.map(({ logits }) => logits));
    let at = 0;
    for (const { labels } of pending) {
      const sums = { loss: this.position.lossSum, correct: this.position.correct };
      const logits = values.subarray(at, (at += labels.length));
      const { loss, correct } = addLosses(sums, logits, labels, classWeights);
      this.position = { steps: this.position.steps + 1, lossSum: loss, correct };
      if (!Number.isFinite(loss)) return false;
    }
    this.discard();
    return true;
  }

  /** Deletes what was not read. */
  discard(): void {
    this.tensors.delete(this.pending.splice(0).map(({ logits }) => logits));
  }
}
