import type { EpochProgress, TrainingEngine } from './engine/engine.js';
import { InvalidWeightsError } from './errors.js';
import type { Checkpoint, EpochMetrics } from './model/checkpoint.js';
import { initialState } from './model/initialise.js';
import type { ModelShape } from './model/weights.js';
import { deriveSeed, RandomState } from './random.js';
import type { SplitWindows } from './windows/window-set.js';

export interface TrainOptions {
  readonly shape: ModelShape;
  readonly epochs: number;
  readonly seed: number;
  /** Names data, parameters and code. */
  readonly fingerprint: string;
  readonly resumeFrom?: Checkpoint;
}

export interface TrainReports {
  onProgress?(progress: EpochProgress & { readonly epoch: number }): void;
  /** @param checkpoint makes the state to go on from; called only where it is wanted */
  onEpoch?(checkpoint: () => Checkpoint, metrics: EpochMetrics): void | Promise<void>;
}

/** The order in which an epoch visits the train part: a function of seed and epoch alone. */
export function epochOrder(count: number, seed: number, epoch: number): Int32Array {
  return new RandomState(deriveSeed(seed, 'epochOrder', epoch)).permutation(count);
}

/**
 * Trains epoch after epoch, the test part's loss and accuracy after each. Going on from a checkpoint gives the same
 * bytes as never having stopped.
 * @throws InvalidWeightsError if the checkpoint is of another training; TrainingDivergedError
 */
export async function train(
  engine: TrainingEngine,
  data: SplitWindows,
  { shape, epochs, seed, fingerprint, resumeFrom }: TrainOptions,
  reports: TrainReports = {},
): Promise<Checkpoint> {
  if (resumeFrom && resumeFrom.fingerprint !== fingerprint) {
    throw new InvalidWeightsError(
      `Expected a checkpoint of training ${fingerprint}, got one of ${resumeFrom.fingerprint}`,
    );
  }
  engine.load(resumeFrom?.state ?? initialState(shape, seed));
  const history: EpochMetrics[] = [...(resumeFrom?.history ?? [])];
  const checkpoint = (): Checkpoint => ({
    shape,
    state: engine.save(),
    epoch: history.length,
    history: [...history],
    fingerprint,
  });
  for (let epoch = history.length + 1; epoch <= epochs; epoch++) {
    const order = epochOrder(data.train.label.length, seed, epoch);
    const trained = await engine.trainEpoch(data.train, order, (progress) =>
      reports.onProgress?.({ ...progress, epoch }),
    );
    const tested = await engine.evaluate(data.test);
    const metrics = {
      epoch,
      loss: trained.loss,
      accuracy: trained.accuracy,
      valLoss: tested.loss,
      valAccuracy: tested.accuracy,
    };
    history.push(metrics);
    await reports.onEpoch?.(checkpoint, metrics);
  }
  return checkpoint();
}
