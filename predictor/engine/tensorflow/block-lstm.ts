import type { ModelShape } from '../../model/weights.js';
import type { Recurrence, RecurrenceOutput } from './recurrence.js';
import type { TensorId } from './runtime.js';
import type { Tensors } from './tensors.js';

/** What does not change between calls on the same number of rows. */
interface Zeros {
  /** [rows, units] */
  readonly state: TensorId;
  /** [steps, rows, units] */
  readonly states: TensorId;
}

/**
 * All steps in one kernel, BlockLSTMV2, and their gradients in another, BlockLSTMGradV2 (tensorflow/core/ops/rnn_ops.cc).
 * Both are there for CPU and GPU.
 */
export function createBlockLstm(tensors: Tensors, { steps, units }: ModelShape): Recurrence {
  const noPeephole = [tensors.attributes.no('use_peephole')];
  const asIndex = [tensors.attributes.int('shrink_axis_mask', 1)];
  const stepCount = tensors.count(steps);
  const peephole = tensors.zeros([units]);
  const lastStep = [steps - 1, steps, 1].map((value) => tensors.integers([1], [value]));
  const zerosOf = new Map<number, Zeros>();

  function zeros(rows: number): Zeros {
    let found = zerosOf.get(rows);
    if (!found) {
      // Made inside a step's tidy, kept beyond it.
      found = tensors.outliving(() => ({
        state: tensors.zeros([rows, units]),
        states: tensors.zeros([steps, rows, units]),
      }));
      zerosOf.set(rows, found);
    }
    return found;
  }

  return {
    forward(x, rows, kernel, bias): RecurrenceOutput {
      const { state, states } = zeros(rows);
      const inputs = [stepCount, x, state, state, kernel, peephole, peephole, peephole, bias];
      const outputs = tensors.run('BlockLSTMV2', [], inputs, 7);
      const [last] = tensors.run('StridedSlice', asIndex, [outputs[6]!, ...lastStep], 1);
      return {
        last: last!,
        backward(gradient) {
          // Only the last step's output is used: [steps, rows, units], zero but for it.
          const outputGradient = tensors.pack([...Array<TensorId>(steps - 1).fill(state), gradient]);
          const gradients = tensors.run(
            'BlockLSTMGradV2',
            noPeephole,
            [...inputs, ...outputs, states, outputGradient],
            8,
          );
          return { kernel: gradients[3]!, bias: gradients[7]! };
        },
      };
    },
  };
}
