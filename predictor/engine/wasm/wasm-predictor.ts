import type { ModelShape, ModelWeights } from '../../model/weights.js';
import { createTurn } from '../turn.js';
import { chunkRows, type Kernel, kernelFor, modelTooLarge } from './kernel-module.js';
import { pack, packedLayout } from './packed-layout.js';

/** Windows whose features are in the kernel's memory at one time: some milliseconds of work. */
const blockRows = 1024;

/** Fills in the scaled features, [windows × steps × features], of windows `from` to `to`, the latter not included. */
export type FeatureSource = (features: Float32Array, from: number, to: number) => void;

/** Predicts with weights that do not change, in memory that does not grow. */
export interface WasmPredictor {
  /**
   * Probability of a binge for each window, float32 [count]; the same bits as the engine's, however many windows there
   * are beside it. Other work of the process has its turn every 50 ms.
   * @param signal ends it between two blocks, with its reason
   */
  predict(count: number, features: FeatureSource, signal?: AbortSignal): Promise<Float32Array>;
}

/** @throws OutOfMemoryError if the model does not fit into 4 GB */
export async function createWasmPredictor(shape: ModelShape, weights: ModelWeights): Promise<WasmPredictor> {
  const kernel = await kernelFor(shape);
  const { steps, features } = shape;
  try {
    const layout = packedLayout(shape);
    pack(layout, weights, new Float32Array(kernel.memory.buffer, kernel.weightsAt(), layout.size));
    return predictorOver(kernel, steps, steps * features);
  } catch (error) {
    throw modelTooLarge(shape, error);
  }
}

function predictorOver(kernel: Kernel, steps: number, windowValues: number): WasmPredictor {
  const featuresAt = kernel.allocate(blockRows * windowValues * 4);
  const firstRowsAt = kernel.allocate(blockRows * 4);
  const labelsAt = kernel.allocate(blockRows);
  const out = kernel.allocate(blockRows * 4);
  kernel.useWindows(featuresAt, firstRowsAt, labelsAt);
  // No memory is reserved after this, so the views stay valid.
  const { buffer } = kernel.memory;
  const features = new Float32Array(buffer, featuresAt, blockRows * windowValues);
  const probabilities = new Float32Array(buffer, out, blockRows);
  new Int32Array(buffer, firstRowsAt, blockRows).forEach((_, window, rows) => {
    rows[window] = window * steps;
  });
  return {
    async predict(count, source, signal) {
      const predicted = new Float32Array(count);
      const turn = createTurn();
      // A block is filled, computed and read out without a pause: predictions may run side by side.
      for (let from = 0; from < count; from += blockRows) {
        signal?.throwIfAborted();
        const rows = Math.min(blockRows, count - from);
        source(features, from, from + rows);
        for (let done = 0; done < rows; done += chunkRows) {
          kernel.predict(done, Math.min(chunkRows, rows - done), out + done * 4);
        }
        predicted.set(probabilities.subarray(0, rows), from);
        if (turn.over()) await turn.yield();
      }
      return predicted;
    },
  };
}
