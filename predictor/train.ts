import { setImmediate } from 'node:timers/promises';
import { bestEpoch, stopsEarly } from './early-stopping.js';
import type { EpochProgress, TrainingEngine } from './engine/engine.js';
import { InvalidWeightsError, TrainingDivergedError } from './errors.js';
import type { Checkpoint, EpochMetrics } from './model/checkpoint.js';
import { initialState } from './model/initialise.js';
import type { ModelShape, ModelWeights } from './model/weights.js';
import { deriveSeed, RandomState } from './random.js';
import type { SplitWindows } from './windows/window-set.js';

export interface TrainOptions {
  readonly shape: ModelShape;
  readonly epochs: number;
  readonly seed: number;
  /** Epochs without a lower validation loss after which training stops early; 0, or left out: never. */
  readonly patience?: number;
  /** Names data, parameters and code. */
  readonly fingerprint: string;
  readonly resumeFrom?: Checkpoint;
}

/** `save` makes a checkpoint within the epoch and goes on, `stop` makes one and ends. */
export type Interruption = 'save' | 'stop';

export interface TrainReports {
  onProgress?(progress: EpochProgress & { readonly epoch: number }): void;
  /** @param checkpoint makes the state to go on from; called only where it is wanted */
  onEpoch?(checkpoint: () => Checkpoint, metrics: EpochMetrics): void | Promise<void>;
  /** Asked after each step within an epoch. */
  interruption?(): Interruption | undefined;
  /** After an interruption, with the state it asked for. */
  onInterrupted?(checkpoint: Checkpoint): void | Promise<void>;
}

/** The order in which an epoch visits the train part: a function of seed and epoch alone. */
export function epochOrder(count: number, seed: number, epoch: number): Int32Array {
  return new RandomState(deriveSeed(seed, 'epochOrder', epoch)).permutation(count);
}

/** Whether there is nothing left to train. */
export function isTrained({ history }: Checkpoint, epochs: number, patience = 0): boolean {
  return history.length >= epochs || stopsEarly(history, patience);
}

/** What a training gives: the weights of its best epoch if it may stop early, else those of its last. */
export function trainedWeights({ state, best }: Checkpoint): ModelWeights {
  return best ?? state.weights;
}

/**
 * Trains epoch after epoch, the test part's loss and accuracy after each. Going on from a checkpoint, between two
 * epochs or within one, gives the same bytes as never having stopped.
 * @returns the last state: `isTrained`, unless an interruption asked to stop
 * @throws InvalidWeightsError if the checkpoint is of another training; TrainingDivergedError
 */
export async function train(
  engine: TrainingEngine,
  data: SplitWindows,
  { shape, epochs, seed, patience = 0, fingerprint, resumeFrom }: TrainOptions,
  reports: TrainReports = {},
): Promise<Checkpoint> {
  if (resumeFrom && resumeFrom.fingerprint !== fingerprint) {
    throw new InvalidWeightsError(
      `Expected a checkpoint of training ${fingerprint}, got one of ${resumeFrom.fingerprint}: its data, parameters or ` +
        'engine are others',
    );
  }
  if (resumeFrom)
    checkResumable(
      resumeFrom,
      { shape, epochs, patience },
      Math.ceil(data.train.label.length / engine.batchSize),
    );
  engine.load(resumeFrom?.state ?? initialState(shape, seed));
  const history: EpochMetrics[] = [...(resumeFrom?.history ?? [])];
  let position = resumeFrom?.position;
  let best = resumeFrom?.best;
  const checkpoint = (): Checkpoint => ({
    shape,
    state: engine.save(),
    epoch: history.length,
    history: [...history],
    fingerprint,
    ...(position ? { position } : {}),
    ...(best ? { best } : {}),
  });
  while (history.length < epochs && !stopsEarly(history, patience)) {
    const epoch = history.length + 1;
    const order = epochOrder(data.train.label.length, seed, epoch);
    let asked: Interruption | undefined;
    const trained = await engine.trainEpoch(data.train, order, {
      ...(position ? { from: position } : {}),
      onProgress: (progress) => reports.onProgress?.({ ...progress, epoch }),
      isInterrupted: () => (asked = reports.interruption?.()) !== undefined,
    });
    if (!trained.finished) {
      position = trained.position;
      const saved = checkpoint();
      await reports.onInterrupted?.(saved);
      if (asked === 'stop') return saved;
      continue;
    }
    position = undefined;
    const tested = await engine.evaluate(data.test);
    if (!Number.isFinite(tested.loss)) {
      throw new TrainingDivergedError(
        `Expected a finite validation loss after epoch ${epoch}, got another: lower \`learningRate\``,
      );
    }
    const metrics = {
      epoch,
      loss: trained.loss,
      accuracy: trained.accuracy,
      valLoss: tested.loss,
      valAccuracy: tested.accuracy,
    };
    history.push(metrics);
    if (patience > 0 && bestEpoch(history) === epoch) best = engine.save().weights;
    await reports.onEpoch?.(checkpoint, metrics);
    // Epochs of a single step would else never let a message in, and never hear that they are to stop.
    await setImmediate();
    if (reports.interruption?.() === 'stop') break;
  }
  return checkpoint();
}

/** A checkpoint may be whole, say that it is of this training, and yet not fit. @throws InvalidWeightsError */
function checkResumable(
  { shape, state, epoch, position, best }: Checkpoint,
  { shape: expected, epochs, patience }: { shape: ModelShape; epochs: number; patience: number },
  stepsPerEpoch: number,
): void {
  const steps = position?.steps ?? 0;
  if (epoch > epochs || (epoch === epochs && steps > 0)) {
    throw new InvalidWeightsError(
      `Expected a checkpoint of at most ${epochs} epochs, got one of ${epoch} and ${steps} steps: raise \`epochs\`, or ` +
        'go on from an earlier one',
    );
  }
  const fits =
    JSON.stringify(shape) === JSON.stringify(expected) &&
    steps < stepsPerEpoch &&
    state.step === epoch * stepsPerEpoch + steps &&
    (best !== undefined) === (patience > 0 && epoch > 0);
  if (!fits) {
    throw new InvalidWeightsError(
      `Expected a checkpoint of ${JSON.stringify(expected)} with ${stepsPerEpoch} steps an epoch, got one of ` +
        `${JSON.stringify(shape)} at epoch ${epoch}, step ${steps}, after ${state.step} steps. Train anew: --refresh train`,
    );
  }
}
