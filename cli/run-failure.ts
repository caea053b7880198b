import { WorkflowFailedError } from '@temporalio/client';
import type { BlockedState } from '../workflows/contract.js';
import { ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import { deepestCause } from '../workflows/deepest-cause.js';

/** A run ended without a model. */
export class RunFailedError extends Error {
  override readonly name = 'RunFailedError';
  constructor(
    readonly run: string,
    readonly status: 'blocked' | 'failed' | 'cancelled',
    /** Class name of what went wrong in the stage. */
    readonly failureType: string,
    message: string,
  ) {
    super(message);
  }
}

/** A run waits for a repair: whoever watches it need not wait, too. */
export function runBlocked(run: string, { stage, type, message }: BlockedState): RunFailedError {
  return new RunFailedError(
    run,
    'blocked',
    type,
    `Run ${run} is blocked in ${stage}: ${message} [${type}]. Once that is mended: npx --no-install streamsage runs repair ${run}. ` +
      `To end it: npx --no-install streamsage runs cancel ${run}`,
  );
}

/** What went wrong, from the bottom of the chain of causes; other errors pass as they are. */
export function runFailure(run: string, error: unknown): unknown {
  if (!(error instanceof WorkflowFailedError)) return error;
  const deepest = deepestCause(error) as Error;
  if (deepest instanceof CancelledFailure) {
    return new RunFailedError(run, 'cancelled', 'CancelledFailure', `Run ${run} was cancelled`);
  }
  if (deepest instanceof TimeoutFailure) {
    return new RunFailedError(run, 'failed', 'TimeoutFailure', `Run ${run} failed: ${deepest.message}`);
  }
  const type = deepest instanceof ApplicationFailure ? (deepest.type ?? deepest.name) : deepest.name;
  return new RunFailedError(run, 'failed', type, `Run ${run} failed: ${deepest.message} [${type}]`);
}
