import { lossNotFinite, OutOfMemoryError } from '../../errors.js';
import type { ModelWeights } from '../../model/weights.js';
import type { WindowSet } from '../../windows/window-set.js';
import { adamRate, nextBetaPowers } from '../adam-rate.js';
import { dropoutKeys } from '../dropout-mask.js';
import type {
  EngineOptions,
  EpochOptions,
  LossAndAccuracy,
  OptimizerState,
  TrainedEpoch,
  TrainingEngine,
} from '../engine.js';
import { createTurn } from '../turn.js';
import { chunkRows, type Kernel, kernelFor } from './kernel-module.js';
import { pack, packedLayout, unpack } from './packed-layout.js';

/** An engine that can also say what it would learn. */
export interface WasmEngine extends TrainingEngine {
  /** Gradients of the mean loss over `order` as one batch, with the dropout masks of the next step; learns nothing. */
  gradients(windows: WindowSet, order: Int32Array): ModelWeights;
}

/**
 * The CPU engine: one WebAssembly kernel does forward, backward and Adam. The same state, data, order and options give
 * the same bytes on every machine, unless `fastMath` is on.
 * @throws EngineUnavailableError if `fastMath` is on and the runtime lacks relaxed SIMD; OutOfMemoryError if the model
 *   does not fit into 4 GB
 */
export async function createWasmEngine(options: EngineOptions): Promise<WasmEngine> {
  const kernel = await kernelFor(options.shape, options.fastMath);
  kernel.weighClasses(...(options.classWeights ?? [1, 1]));
  return new Engine(kernel, options);
}

class Engine implements WasmEngine {
  readonly name = 'wasm';
  readonly batchSize;
  private readonly layout;
  private betaPowers: [number, number] = [1, 1];
  private step = 0;
  private readonly loaded = new WeakMap<object, number>();
  private orderAt = 0;
  private orderCapacity = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly options: EngineOptions,
  ) {
    this.layout = packedLayout(options.shape);
    this.batchSize = options.batchSize;
  }

  load({ weights, firstMoment, secondMoment, betaPowers, step }: OptimizerState): void {
    const { kernel, layout } = this;
    pack(layout, weights, this.block(kernel.weightsAt()));
    pack(layout, firstMoment, this.block(kernel.firstMomentsAt()));
    pack(layout, secondMoment, this.block(kernel.secondMomentsAt()));
    this.betaPowers = [...betaPowers];
    this.step = step;
  }

  save(): OptimizerState {
    const { kernel, layout } = this;
    return {
      weights: unpack(layout, this.block(kernel.weightsAt())),
      firstMoment: unpack(layout, this.block(kernel.firstMomentsAt())),
      secondMoment: unpack(layout, this.block(kernel.secondMomentsAt())),
      betaPowers: [...this.betaPowers],
      step: this.step,
    };
  }

  async trainEpoch(
    windows: WindowSet,
    order: Int32Array,
    { from, onProgress, isInterrupted }: EpochOptions = {},
  ): Promise<TrainedEpoch> {
    const { batchSize } = this.options;
    this.use(windows);
    const orderAt = this.loadOrder(order);
    const totalSteps = Math.ceil(order.length / batchSize);
    const turn = createTurn();
    let { steps, lossSum, correct } = from ?? { steps: 0, lossSum: 0, correct: 0 };
    const seen = () => Math.min(steps * batchSize, order.length);
    while (steps < totalSteps) {
      const first = steps * batchSize;
      const count = Math.min(batchSize, order.length - first);
      for (const chunk of this.batch(orderAt, first, count)) {
        lossSum += chunk.loss;
        correct += chunk.correct;
        // `over` stays false on most chunks, and then nothing is awaited.
        if (turn.over()) await turn.yield();
      }
      this.update();
      steps++;
      if (!Number.isFinite(lossSum)) throw lossNotFinite(steps, this.options.learningRate);
      if (turn.reportDue())
        onProgress?.({ steps, totalSteps, loss: lossSum / seen(), accuracy: correct / seen() });
      if (steps < totalSteps && isInterrupted?.()) break;
    }
    return {
      loss: lossSum / seen(),
      accuracy: correct / seen(),
      position: { steps, lossSum, correct },
      finished: steps === totalSteps,
    };
  }

  async evaluate(windows: WindowSet): Promise<LossAndAccuracy> {
    const { loss, accuracy } = await this.run(windows);
    return { loss, accuracy };
  }

  async predict(windows: WindowSet): Promise<Float32Array> {
    return (await this.run(windows)).probabilities;
  }

  gradients(windows: WindowSet, order: Int32Array): ModelWeights {
    this.use(windows);
    const chunks = this.batch(this.loadOrder(order), 0, order.length);
    while (!chunks.next().done);
    return unpack(this.layout, this.block(this.kernel.gradientsAt()));
  }

  /** Adds up the gradients of one batch, chunk by chunk. */
  private *batch(
    orderAt: number,
    first: number,
    count: number,
  ): Generator<{ loss: number; correct: number }> {
    const { kernel } = this;
    const { dropout, seed } = this.options;
    const { counter, key, threshold, scale } = dropoutKeys(dropout, seed, this.step);
    kernel.beginBatch();
    for (let done = 0; done < count; done += chunkRows) {
      const rows = Math.min(chunkRows, count - done);
      const loss = kernel.addGradients(
        orderAt,
        first + done,
        rows,
        first,
        1 / count,
        counter,
        key,
        threshold,
        scale,
      );
      yield { loss, correct: kernel.correctCount() };
    }
  }

  private update(): void {
    const { options, kernel } = this;
    if (options.clipNorm) kernel.clip(options.clipNorm);
    this.betaPowers = nextBetaPowers(this.betaPowers);
    kernel.adam(adamRate(options, this.step, this.betaPowers));
    this.step++;
  }

  private async run(windows: WindowSet): Promise<LossAndAccuracy & { probabilities: Float32Array }> {
    const { kernel } = this;
    this.use(windows);
    const count = windows.label.length;
    const out = this.scratch(count);
    const turn = createTurn();
    let loss = 0;
    let correct = 0;
    for (let done = 0; done < count; done += chunkRows) {
      loss += kernel.predict(done, Math.min(chunkRows, count - done), out + done * 4);
      correct += kernel.correctCount();
      if (turn.over()) await turn.yield();
    }
    const probabilities = new Float32Array(kernel.memory.buffer, out, count).slice();
    return { loss: loss / count, accuracy: correct / count, probabilities };
  }

  /** Puts the windows into the kernel's memory, once; the two parts of a split share their features. */
  private use({ features, firstRow, label }: WindowSet): void {
    this.kernel.useWindows(this.place(features), this.place(firstRow), this.place(label));
  }

  private place(values: Float32Array | Int32Array | Uint8Array): number {
    const known = this.loaded.get(values);
    if (known !== undefined) return known;
    const at = this.allocate(values.byteLength);
    this.bytes(at, values.byteLength).set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
    this.loaded.set(values, at);
    return at;
  }

  private loadOrder(order: Int32Array): number {
    const at = this.scratch(order.length);
    new Int32Array(this.kernel.memory.buffer, at, order.length).set(order);
    return at;
  }

  /** Room for `count` numbers of 4 bytes: an epoch's order, or predictions. */
  private scratch(count: number): number {
    if (count > this.orderCapacity) {
      this.orderAt = this.allocate(count * 4);
      this.orderCapacity = count;
    }
    return this.orderAt;
  }

  private allocate(bytes: number): number {
    try {
      return this.kernel.allocate(bytes);
    } catch (error) {
      throw new OutOfMemoryError(
        `Expected data that fits into 4 GB of WebAssembly memory beside the model, got ${bytes} bytes more: fewer ` +
          'ratings, or --engine tensorflow',
        { cause: error },
      );
    }
  }

  private block(at: number): Float32Array {
    return new Float32Array(this.kernel.memory.buffer, at, this.layout.size);
  }

  private bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.kernel.memory.buffer, at, length);
  }
}
