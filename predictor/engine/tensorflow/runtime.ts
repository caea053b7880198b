/** A tensor that the runtime holds until it is deleted. */
export type TensorId = number;

export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean;
}

/** What the engine uses of the native binding of tfjs-node: TensorFlow's eager kernels, called by name. */
export interface TensorBinding {
  /** The runtime may keep the values' memory: they are not to be changed afterwards. */
  createTensor(shape: readonly number[], type: number, values: Float32Array | Int32Array): TensorId;
  deleteTensor(tensor: TensorId): void;
  /** A copy of the tensor's values; waits until they are computed. */
  tensorDataSync(tensor: TensorId): unknown;
  executeOp(
    kernel: string,
    attributes: readonly Attribute[],
    inputs: readonly TensorId[],
    outputs: number,
  ): readonly { readonly id: TensorId }[];
  /** Tensors that are held. */
  getNumOfTensors(): number;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_INT64: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
}

export type TensorDevice = 'cpu' | 'gpu';

/** A loaded TensorFlow. */
export interface TensorRuntime {
  readonly binding: TensorBinding;
  /** Where its tensors live. */
  readonly device: TensorDevice;
  /**
   * Names version, device and kind of processor: on the same runtime the same training gives the same bytes, on another
   * it may differ in the last bits.
   */
  readonly fingerprint: string;
}
