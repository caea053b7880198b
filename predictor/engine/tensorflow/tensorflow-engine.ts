import { lossNotFinite } from '../../errors.js';
import type { ModelWeights } from '../../model/weights.js';
import type { WindowSet } from '../../windows/window-set.js';
import { adamRate, nextBetaPowers } from '../adam-rate.js';
import type {
  EngineOptions,
  EpochOptions,
  LossAndAccuracy,
  OptimizerState,
  TrainedEpoch,
  TrainingEngine,
} from '../engine.js';
import { createTurn } from '../turn.js';
import { createAdam, type FlatState } from './adam.js';
import { gatherWindows, type ReadyBatches, readyBatches } from './batches.js';
import { createBlockLstm } from './block-lstm.js';
import { EpochSums } from './epoch-sums.js';
import { flatten, unflatten } from './flat-parameters.js';
import { addLosses } from './losses.js';
import { createModel, type LabelledBatch } from './model.js';
import type { TensorId, TensorRuntime } from './runtime.js';
import { Tensors } from './tensors.js';

/** Steps whose batches are made and handed over together: one call each instead of one a step. */
const mostStepsAtOnce = 64;
/** Bound of what lies ready for them, float32 values. */
const mostValuesAtOnce = 2 ** 21;
/** Windows in one forward pass without learning. */
const evaluationRows = 256;

/** An engine that can also say what it would learn. */
export interface TensorflowEngine extends TrainingEngine {
  /** Gradients of the mean loss over `order` as one batch, with the dropout masks of the next step; learns nothing. */
  gradients(windows: WindowSet, order: Int32Array): ModelWeights;
}

/**
 * TensorFlow's kernels, called one by one through the binding of tfjs-node: no graph, no tape. On one runtime (its
 * `fingerprint`) the same state, data, order and options give the same bytes. An engine lives as long as its process.
 */
export function createTensorflowEngine(runtime: TensorRuntime, options: EngineOptions): TensorflowEngine {
  return new Engine(runtime, options);
}

class Engine implements TensorflowEngine {
  readonly name = 'tensorflow';
  readonly batchSize;
  private readonly tensors;
  private readonly model;
  private readonly updated;
  private state: FlatState | undefined;
  private betaPowers: [number, number] = [1, 1];
  private step = 0;

  constructor(
    runtime: TensorRuntime,
    private readonly options: EngineOptions,
  ) {
    this.batchSize = options.batchSize;
    this.tensors = new Tensors(runtime.binding);
    this.model = createModel(this.tensors, createBlockLstm(this.tensors, options.shape), options.shape);
    this.updated = createAdam(this.tensors, options.clipNorm);
  }

  load({ weights, firstMoment, secondMoment, betaPowers, step }: OptimizerState): void {
    const tensorOf = (part: ModelWeights) => {
      const flat = flatten(this.options.shape, part);
      return this.tensors.floats([flat.length], flat);
    };
    this.replaceState([tensorOf(weights), tensorOf(firstMoment), tensorOf(secondMoment)]);
    this.betaPowers = [...betaPowers];
    this.step = step;
  }

  save(): OptimizerState {
    const [weights, firstMoment, secondMoment] = this.loaded().map((tensor) =>
      unflatten(this.options.shape, this.tensors.read(tensor)),
    ) as [ModelWeights, ModelWeights, ModelWeights];
    return { weights, firstMoment, secondMoment, betaPowers: [...this.betaPowers], step: this.step };
  }

  async trainEpoch(
    windows: WindowSet,
    order: Int32Array,
    { from, onProgress, isInterrupted }: EpochOptions = {},
  ): Promise<TrainedEpoch> {
    const { batchSize, classWeights } = this.options;
    const totalSteps = Math.ceil(order.length / batchSize);
    const turn = createTurn();
    const sums = new EpochSums(this.tensors, classWeights, from);
    const readSums = () => {
      if (!sums.read()) throw lossNotFinite(sums.position.steps, this.options.learningRate);
    };
    const means = () => {
      const { steps, lossSum, correct } = sums.position;
      const seen = Math.min(steps * batchSize, order.length);
      return { loss: lossSum / seen, accuracy: correct / seen };
    };
    let steps = sums.position.steps;
    let cut = false;
    while (steps < totalSteps && !cut) {
      const ready = this.prepare(windows, order, steps);
      try {
        for (const batch of ready.batches) {
          sums.add(this.learn(batch), batch.labels);
          steps++;
          if (turn.over()) {
            readSums();
            await turn.yield();
          }
          if (turn.reportDue()) onProgress?.({ steps, totalSteps, ...means() });
          cut = steps < totalSteps && isInterrupted?.() === true;
          if (cut) break;
        }
        readSums();
      } finally {
        sums.discard();
        this.tensors.delete(ready.tensors);
      }
    }
    return { ...means(), position: sums.position, finished: steps === totalSteps };
  }

  async evaluate(windows: WindowSet): Promise<LossAndAccuracy> {
    const logits = await this.logits(windows);
    const { loss, correct } = addLosses({ loss: 0, correct: 0 }, logits, windows.label);
    return { loss: loss / logits.length, accuracy: correct / logits.length };
  }

  async predict(windows: WindowSet): Promise<Float32Array> {
    return (await this.logits(windows)).map((logit) => 1 / (1 + Math.exp(-logit)));
  }

  gradients(windows: WindowSet, order: Int32Array): ModelWeights {
    const { tensors, options, model, step } = this;
    const [weights] = this.loaded();
    const [gradient] = tensors.tidy(() => {
      const { batches } = readyBatches(tensors, options, windows, order, order.length, step);
      return [model.gradient(weights, batches[0]!).gradient];
    });
    return unflatten(options.shape, this.tensors.take(gradient));
  }

  /** Batches of the next steps: of one size, so the last one of an epoch may come alone. */
  private prepare(windows: WindowSet, order: Int32Array, steps: number): ReadyBatches {
    const { batchSize, shape } = this.options;
    const first = steps * batchSize;
    const left = order.length - first;
    const rows = Math.min(batchSize, left);
    const valuesOfStep = rows * (shape.steps * shape.features + shape.units + 2);
    const fitting = Math.max(1, Math.floor(mostValuesAtOnce / valuesOfStep));
    const count = Math.min(mostStepsAtOnce, fitting, Math.floor(left / rows));
    const chosen = order.subarray(first, first + count * rows);
    return readyBatches(this.tensors, this.options, windows, chosen, rows, this.step);
  }

  /** One step. @returns its logits, as they were before it */
  private learn(batch: LabelledBatch): TensorId {
    const { tensors, options } = this;
    const state = this.loaded();
    this.betaPowers = nextBetaPowers(this.betaPowers);
    const rate = adamRate(options, this.step, this.betaPowers);
    const [logits, ...next] = tensors.tidy(() => {
      const { logits, gradient } = this.model.gradient(state[0], batch);
      return [logits, ...this.updated(state, gradient, tensors.scalar(rate))] as const;
    });
    this.replaceState(next);
    this.step++;
    return logits;
  }

  /** Logits of all windows, without dropout: [windows]. */
  private async logits(windows: WindowSet): Promise<Float32Array> {
    const { tensors, model } = this;
    const { steps, features } = this.options.shape;
    const [weights] = this.loaded();
    const count = windows.label.length;
    const all = new Float32Array(count);
    const turn = createTurn();
    for (let first = 0; first < count; first += evaluationRows) {
      const rows = Math.min(evaluationRows, count - first);
      const chosen = Int32Array.from({ length: rows }, (_, row) => first + row);
      const [logits] = tensors.tidy(() => {
        const x = tensors.floats([steps, rows, features], gatherWindows(windows, chosen, rows));
        return [model.logits(weights, { x, rows })];
      });
      all.set(this.tensors.take(logits), first);
      if (turn.over()) await turn.yield();
    }
    return all;
  }

  private loaded(): FlatState {
    if (!this.state)
      throw new Error('Expected a state to be loaded before the first step, got none: call load()');
    return this.state;
  }

  private replaceState(next: FlatState): void {
    if (this.state) this.tensors.delete(this.state);
    this.state = next;
  }
}
