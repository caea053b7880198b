/**
 * What can go wrong in the science. The class's name is the error's type in Temporal, and decides there whether a
 * retry can help (workflows/failures.ts).
 */

/** The ratings are malformed, empty, or too few for what was asked. Trying again cannot help. */
export class InvalidDataError extends Error {
  override readonly name = 'InvalidDataError';
}

/** These are other ratings than the ones that were published. Trying again cannot help. */
export class WrongContentError extends Error {
  override readonly name = 'WrongContentError';
}

/** The loss is no longer a finite number. Training is deterministic, so trying again cannot help. */
export class TrainingDivergedError extends Error {
  override readonly name = 'TrainingDivergedError';
}

/** @param steps steps taken in the epoch */
export function lossNotFinite(steps: number, learningRate: number): TrainingDivergedError {
  return new TrainingDivergedError(
    `Expected a finite loss, got another after ${steps} steps: lower \`learningRate\` (${learningRate})`,
  );
}

/** A checkpoint or weights file is truncated, altered, or of another model. */
export class InvalidWeightsError extends Error {
  override readonly name = 'InvalidWeightsError';
}

/**
 * An engine or a device was asked for that this machine does not have. When a run is planned, that ends it at once; later
 * another worker may have it, and the training goes on there.
 */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
}

/** The model and its batch do not fit into the memory that an engine can have. Trying again cannot help. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}
