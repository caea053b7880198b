import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';

/** A run ended without a model. */
export class RunFailedError extends Error {
  override readonly name = 'RunFailedError';
  constructor(
    readonly run: string,
    readonly status: 'failed' | 'cancelled',
    /** Class name of what went wrong in the stage. */
    readonly failureType: string,
    message: string,
  ) {
    super(message);
  }
}

/** What went wrong, from the bottom of the chain of causes; other errors pass as they are. */
export function runFailure(run: string, error: unknown): unknown {
  if (!(error instanceof WorkflowFailedError)) return error;
  let deepest: Error = error;
  while (deepest.cause instanceof Error) deepest = deepest.cause;
  if (deepest instanceof CancelledFailure) {
    return new RunFailedError(run, 'cancelled', 'CancelledFailure', `Run ${run} was cancelled`);
  }
  if (deepest instanceof TimeoutFailure) {
    return new RunFailedError(run, 'failed', 'TimeoutFailure', `Run ${run} failed: ${deepest.message}`);
  }
  const type = deepest instanceof ApplicationFailure ? (deepest.type ?? deepest.name) : deepest.name;
  return new RunFailedError(run, 'failed', type, `Run ${run} failed: ${deepest.message} [${type}]`);
}
