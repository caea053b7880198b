import { OutOfMemoryError } from '../../errors.js';
import { sizeOf } from '../../model/weights.js';
import type { Attribute, TensorBinding, TensorId } from './runtime.js';

/**
 * TensorFlow's kernels as methods, and the life of what they make: a tensor lives until the `tidy` around it ends,
 * outside of any until it is deleted. Shapes are TensorFlow's; all values are float32.
 */
export class Tensors {
  private made: TensorId[] | undefined;
  readonly attributes;

  constructor(private readonly binding: TensorBinding) {
    this.attributes = attributesOf(binding);
  }

  /** Deletes what `work` makes, except what it gives back. */
  tidy<Kept extends readonly TensorId[]>(work: () => Kept): Kept {
    const outer = this.made;
    this.made = [];
    const kept = new Set<TensorId>();
    try {
      const result = work();
      for (const tensor of result) kept.add(tensor);
      return result;
    } finally {
      for (const tensor of this.made) if (!kept.has(tensor)) this.binding.deleteTensor(tensor);
      this.made = outer;
      for (const tensor of kept) outer?.push(tensor);
    }
  }

  /** What `work` makes outlives the `tidy` around it. */
  outliving<Result>(work: () => Result): Result {
    const outer = this.made;
    this.made = undefined;
    try {
      return work();
    } finally {
      this.made = outer;
    }
  }

  delete(tensors: Iterable<TensorId>): void {
    for (const tensor of tensors) this.binding.deleteTensor(tensor);
  }

  /** @param values are the tensor's from now on */
  floats(shape: readonly number[], values: Float32Array): TensorId {
    return this.own(this.binding.createTensor(shape, this.binding.TF_FLOAT, values));
  }

  scalar(value: number): TensorId {
    return this.floats([], Float32Array.of(value));
  }

  zeros(shape: readonly number[]): TensorId {
    return this.floats(shape, new Float32Array(sizeOf(shape)));
  }

  /** Sizes and indices: TensorFlow keeps them in the host's memory. */
  integers(shape: readonly number[], values: readonly number[]): TensorId {
    return this.own(this.binding.createTensor(shape, this.binding.TF_INT32, Int32Array.from(values)));
  }

  /**
   * A whole number as an int64 scalar in the host's memory, where recurrent kernels read it: as the size of a tensor,
   * because the binding would put an int64 on the device.
   */
  count(value: number): TensorId {
    const [size] = this.tidy(() => [this.one('Size', this.attributes.int64, [this.zeros([value])])]);
    return size;
  }

  read(tensor: TensorId): Float32Array {
    return this.binding.tensorDataSync(tensor) as Float32Array;
  }

  /** Reads a tensor for the last time. */
  take(tensor: TensorId): Float32Array {
    try {
      return this.read(tensor);
    } finally {
      this.delete([tensor]);
    }
  }

  /** Values of tensors of one shape, one after the other, in one read. */
  readAll(tensors: readonly TensorId[]): Float32Array {
    const [packed] = this.tidy(() => [this.pack(tensors)]);
    return this.take(packed);
  }

  /** @returns a × b, either transposed first */
  matMul(a: TensorId, b: TensorId, transposed?: 'a' | 'b'): TensorId {
    return this.one('MatMul', this.attributes.matMul[transposed ?? 'none'], [a, b]);
  }

  add(a: TensorId, b: TensorId): TensorId {
    return this.one('AddV2', [], [a, b]);
  }

  subtract(a: TensorId, b: TensorId): TensorId {
    return this.one('Sub', [], [a, b]);
  }

  multiply(a: TensorId, b: TensorId): TensorId {
    return this.one('Mul', [], [a, b]);
  }

  divide(a: TensorId, b: TensorId): TensorId {
    return this.one('RealDiv', [], [a, b]);
  }

  maximum(a: TensorId, b: TensorId): TensorId {
    return this.one('Maximum', [], [a, b]);
  }

  squareRoot(a: TensorId): TensorId {
    return this.one('Sqrt', [], [a]);
  }

  /** Half the sum of the squares. */
  halfSquaredNorm(a: TensorId): TensorId {
    return this.one('L2Loss', [], [a]);
  }

  sigmoid(a: TensorId): TensorId {
    return this.one('Sigmoid', [], [a]);
  }

  relu(a: TensorId): TensorId {
    return this.one('Relu', [], [a]);
  }

  reluGradient(gradient: TensorId, output: TensorId): TensorId {
    return this.one('ReluGrad', [], [gradient, output]);
  }

  addBias(rows: TensorId, bias: TensorId): TensorId {
    return this.one('BiasAdd', [], [rows, bias]);
  }

  /** Sums over all axes but the last. */
  biasGradient(gradient: TensorId): TensorId {
    return this.one('BiasAddGrad', [], [gradient]);
  }

  reshape(a: TensorId, shape: TensorId): TensorId {
    return this.one('Reshape', [], [a, shape]);
  }

  /** Side by side along a new first axis. */
  pack(tensors: readonly TensorId[]): TensorId {
    return this.one('Pack', this.attributes.list(tensors.length), tensors);
  }

  /** The tensors along the first axis. */
  unpack(tensor: TensorId, count: number): TensorId[] {
    return this.run('Unpack', [this.attributes.int('num', count)], [tensor], count);
  }

  /** @param axis int32 scalar */
  concatenate(tensors: readonly TensorId[], axis: TensorId): TensorId {
    return this.one('ConcatV2', this.attributes.list(tensors.length), [...tensors, axis]);
  }

  /** @param sizes int32 vector of `count`; @param axis int32 scalar */
  split(tensor: TensorId, sizes: TensorId, axis: TensorId, count: number): TensorId[] {
    return this.run('SplitV', [this.attributes.int('num_split', count)], [tensor, sizes, axis], count);
  }

  run(kernel: string, attributes: readonly Attribute[], inputs: readonly TensorId[], outputs: number) {
    return this.execute(kernel, attributes, inputs, outputs).map(({ id }) => this.own(id));
  }

  private one(kernel: string, attributes: readonly Attribute[], inputs: readonly TensorId[]): TensorId {
    return this.own(this.execute(kernel, attributes, inputs, 1)[0]!.id);
  }

  private execute(
    kernel: string,
    attributes: readonly Attribute[],
    inputs: readonly TensorId[],
    outputs: number,
  ) {
    try {
      return this.binding.executeOp(kernel, attributes, inputs, outputs);
    } catch (error) {
      if (!/TF_Status: 8\b/.test((error as Error).message)) throw error;
      throw new OutOfMemoryError(
        `Expected a batch that fits into the memory TensorFlow has beside the model, got too little for ${kernel}: ` +
          'lower `batchSize`, `sequenceLength` or `lstmUnits`',
        { cause: error },
      );
    }
  }

  private own(tensor: TensorId): TensorId {
    this.made?.push(tensor);
    return tensor;
  }
}

/** Makers of attributes. Types of inputs, and what is left out, TensorFlow fills in itself. */
function attributesOf({ TF_ATTR_INT, TF_ATTR_TYPE, TF_ATTR_BOOL, TF_FLOAT, TF_INT64 }: TensorBinding) {
  const int = (name: string, value: number): Attribute => ({ name, type: TF_ATTR_INT, value });
  const flag = (name: string, value: boolean): Attribute => ({ name, type: TF_ATTR_BOOL, value });
  const type = (name: string, value: number): Attribute => ({ name, type: TF_ATTR_TYPE, value });
  return {
    int,
    /** Of an input that is a list, TensorFlow does not take the type. */
    list: (length: number) => [type('T', TF_FLOAT), int('N', length)],
    no: (name: string) => flag(name, false),
    matMul: { none: [], a: [flag('transpose_a', true)], b: [flag('transpose_b', true)] },
    int64: [type('out_type', TF_INT64)],
  };
}
