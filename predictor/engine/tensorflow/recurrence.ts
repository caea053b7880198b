import type { TensorId } from './runtime.js';

/** The LSTM over the steps of a batch: which kernels compute it is chosen for the device. */
export interface Recurrence {
  /**
   * @param x [steps, rows, features]
   * @param kernel [features + units, 4 × units], gates i, f, c, o side by side
   * @param bias [4 × units]
   */
  forward(x: TensorId, rows: number, kernel: TensorId, bias: TensorId): RecurrenceOutput;
}

export interface RecurrenceOutput {
  /** The last step's output, [rows, units]. */
  readonly last: TensorId;
  /** Gradients of kernel and bias, from that of `last`. */
  backward(gradient: TensorId): { readonly kernel: TensorId; readonly bias: TensorId };
}
