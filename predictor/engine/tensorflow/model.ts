import type { ModelShape } from '../../model/weights.js';
import type { Recurrence } from './recurrence.js';
import type { TensorId } from './runtime.js';
import type { Tensors } from './tensors.js';

/** A batch on the device. */
export interface Batch {
  readonly rows: number;
  /** [steps, rows, features] */
  readonly x: TensorId;
}

/** What training needs beside. */
export interface LabelledBatch extends Batch {
  /** Labels, [rows, 1]. */
  readonly y: TensorId;
  /** The same on the host, [rows]. */
  readonly labels: Uint8Array;
  /** What each window's gradient counts for: its class's weight / rows, [rows, 1]. */
  readonly scale: TensorId;
  /** What the LSTM's outputs are multiplied by, [rows, units]; absent without dropout. */
  readonly mask?: TensorId;
}

/** Forward and backward pass of LSTM(units) → Dropout → Dense(denseUnits, relu) → Dense(1), over flat parameters. */
export function createModel(
  tensors: Tensors,
  recurrence: Recurrence,
  { features, units, denseUnits }: ModelShape,
) {
  const sizes = [(features + units) * 4 * units, 4 * units, units * denseUnits, denseUnits, denseUnits, 1];
  const pieceSizes = tensors.integers([sizes.length], sizes);
  const axis = tensors.integers([], [0]);
  const kernelShape = tensors.integers([2], [features + units, 4 * units]);
  const denseShape = tensors.integers([2], [units, denseUnits]);
  const outputShape = tensors.integers([2], [denseUnits, 1]);
  const vector = tensors.integers([1], [-1]);

  function piecesOf(parameters: TensorId) {
    const [kernel, lstmBias, dense, denseBias, output, outputBias] = tensors.split(
      parameters,
      pieceSizes,
      axis,
      sizes.length,
    ) as [TensorId, TensorId, TensorId, TensorId, TensorId, TensorId];
    return {
      lstmKernel: tensors.reshape(kernel, kernelShape),
      lstmBias,
      denseKernel: tensors.reshape(dense, denseShape),
      denseBias,
      outputKernel: tensors.reshape(output, outputShape),
      outputBias,
    };
  }

  function forward(parameters: TensorId, { x, rows }: Batch, mask?: TensorId) {
    const pieces = piecesOf(parameters);
    const recurrent = recurrence.forward(x, rows, pieces.lstmKernel, pieces.lstmBias);
    const kept = mask === undefined ? recurrent.last : tensors.multiply(recurrent.last, mask);
    const hidden = tensors.relu(tensors.addBias(tensors.matMul(kept, pieces.denseKernel), pieces.denseBias));
    const logits = tensors.addBias(tensors.matMul(hidden, pieces.outputKernel), pieces.outputBias);
    return { pieces, recurrent, kept, hidden, logits };
  }

  return {
    /** @returns logits, [rows, 1], without dropout */
    logits: (parameters: TensorId, batch: Batch): TensorId => forward(parameters, batch).logits,

    /** Logits, and the gradient of the mean binary cross-entropy, flat as the parameters. */
    gradient(parameters: TensorId, batch: LabelledBatch): { logits: TensorId; gradient: TensorId } {
      const { mask } = batch;
      const { pieces, recurrent, kept, hidden, logits } = forward(parameters, batch, mask);
      // d loss / d logit = σ(logit) − label
      const error = tensors.subtract(tensors.sigmoid(logits), batch.y);
      const logitGradient = tensors.multiply(error, batch.scale);
      const hiddenGradient = tensors.reluGradient(
        tensors.matMul(logitGradient, pieces.outputKernel, 'b'),
        hidden,
      );
      const keptGradient = tensors.matMul(hiddenGradient, pieces.denseKernel, 'b');
      const lstm = recurrent.backward(
        mask === undefined ? keptGradient : tensors.multiply(keptGradient, mask),
      );
      const gradients = [
        tensors.reshape(lstm.kernel, vector),
        lstm.bias,
        tensors.reshape(tensors.matMul(kept, hiddenGradient, 'a'), vector),
        tensors.biasGradient(hiddenGradient),
        tensors.reshape(tensors.matMul(hidden, logitGradient, 'a'), vector),
        tensors.biasGradient(logitGradient),
      ];
      return { logits, gradient: tensors.concatenate(gradients, axis) };
    },
  };
}
