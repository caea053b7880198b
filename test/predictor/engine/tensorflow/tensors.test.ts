import assert from 'node:assert/strict';
import { OutOfMemoryError } from '../../../../predictor/errors.js';
import type { TensorBinding } from '../../../../predictor/engine/tensorflow/runtime.js';
import { Tensors } from '../../../../predictor/engine/tensorflow/tensors.js';

/** A binding that makes and deletes tensors and computes nothing. */
function countingBinding() {
  const held = new Set<number>();
  let made = 0;
  const make = () => {
    held.add(++made);
    return made;
  };
  const types = ['FLOAT', 'INT32', 'INT64', 'ATTR_TYPE', 'ATTR_INT', 'ATTR_FLOAT', 'ATTR_BOOL'];
  const binding = {
    createTensor: make,
    deleteTensor(tensor: number) {
      assert.ok(held.delete(tensor), `${tensor} is deleted twice`);
    },
    tensorDataSync: () => Float32Array.of(1),
    executeOp: (_kernel: string, _attributes: unknown, _inputs: unknown, outputs: number) =>
      Array.from({ length: outputs }, () => ({ id: make() })),
    getNumOfTensors: () => held.size,
    ...Object.fromEntries(types.map((name, index) => [`TF_${name}`, index])),
  } as unknown as TensorBinding;
  return { binding, held };
}

describe('tensors', () => {
  it('live to the end of the `tidy` around them, unless it gives them back', () => {
    const { binding, held } = countingBinding();
    const tensors = new Tensors(binding);
    const outside = tensors.scalar(1);
    const [kept] = tensors.tidy(() => {
      const [inner] = tensors.tidy(() => [tensors.add(tensors.scalar(2), outside)]);
      tensors.relu(inner);
      return [tensors.multiply(inner, inner)];
    });
    assert.deepEqual([...held], [outside, kept]);
    tensors.take(kept);
    assert.deepEqual([...held], [outside]);
  });

  it('that do not fit into memory are said to, with what to lower', () => {
    const failing = (status: number) =>
      new Tensors({
        ...countingBinding().binding,
        executeOp: () => {
          throw new Error(`Invalid TF_Status: ${status}\nMessage: no`);
        },
      });
    assert.throws(
      () => failing(8).run('BlockLSTMV2', [], [], 7),
      (error: Error) =>
        error instanceof OutOfMemoryError && /BlockLSTMV2: lower `batchSize`/.test(error.message),
    );
    assert.throws(() => failing(3).relu(1), /TF_Status: 3/);
  });

  it('are deleted when the work fails', () => {
    const { binding, held } = countingBinding();
    const tensors = new Tensors(binding);
    const work = () => {
      tensors.scalar(1);
      throw new Error('no');
    };
    assert.throws(() => tensors.tidy(work), /no/);
    assert.equal(held.size, 0);
  });

  it('live on where they are to outlive the work', () => {
    const { binding, held } = countingBinding();
    const tensors = new Tensors(binding);
    tensors.tidy(() => {
      const kept = tensors.outliving(() => tensors.zeros([2, 3]));
      return [tensors.relu(kept)];
    });
    assert.equal(held.size, 2);
  });
});
