import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ObjectStore } from '../artifacts/object-store.js';
import type { Stage } from '../predictor/config.js';
import type { StageOutcome, StageRequest } from '../workflows/contract.js';
import { meteredStore } from './metered-store.js';
import type { StageEvent, Tell, Telemetry } from './telemetry.js';

/**
 * Makes activities of stages: each attempt is told of from its start to its end, with what it takes from the store and
 * puts there.
 */
export function stageObserver(store: ObjectStore, telemetry: Telemetry) {
  return <Request extends StageRequest, Outcome extends StageOutcome>(
      stage: Stage,
      work: (store: ObjectStore, request: Request, tell: Tell) => Promise<Outcome>,
    ) =>
    (request: Request): Promise<Outcome> =>
      observeAttempt(telemetry, request.run, stage, async (tell) => {
        const started = performance.now();
        const bytes = { read: 0, written: 0 };
        const metered = meteredStore(store, (direction, count) => {
          bytes[direction] += count;
          tell({ kind: direction, bytes: count });
        });
        tell({ kind: 'started' });
        const outcome = await work(metered, request, tell);
        const { result } = outcome;
        const moved = { bytesRead: bytes.read, bytesWritten: bytes.written };
        tell({ kind: 'ended', result, seconds: secondsSince(started), ...moved });
        return outcome;
      });
}

/** Does a part of a stage, and tells how it failed if it does. */
export async function observeAttempt<Result>(
  telemetry: Telemetry,
  run: string,
  stage: Stage,
  work: (tell: Tell) => Promise<Result>,
): Promise<Result> {
  // Captured first: what the child process says comes outside of any context.
  const context = Context.current();
  const attempt = { run, stage, attempt: context.info.attempt };
  const tell: Tell = (event) => telemetry(attempt, event);
  const started = performance.now();
  try {
    return await work(tell);
  } catch (error) {
    tell(describeFailure(error, context, secondsSince(started)));
    throw error;
  }
}

function describeFailure(error: unknown, context: Context, seconds: number): StageEvent {
  if (error instanceof CancelledFailure && context.cancellationSignal.aborted) {
    const kind = context.cancellationDetails?.cancelRequested ? 'cancelled' : 'interrupted';
    return { kind, seconds, reason: error.message };
  }
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const type = error instanceof ApplicationFailure ? (error.type ?? name) : name;
  return {
    kind: 'failed',
    seconds,
    error: type,
    reason: message,
    retried: isRetried(error, type, context),
    ...(builtIn.has(type) && stack !== undefined ? { stack } : {}),
  };
}

/** Names that say nothing of what went wrong in the pipeline. */
const builtIn = new Set(['Error', 'TypeError', 'RangeError', 'ReferenceError', 'SyntaxError']);

/** What the server decides when it hears of the failure, by the policy that it sent along. */
function isRetried(error: unknown, type: string, { info }: Context): boolean {
  if (error instanceof ApplicationFailure && error.nonRetryable) return false;
  const { nonRetryableErrorTypes = [], maximumAttempts = 0 } = info.retryPolicy ?? {};
  return !nonRetryableErrorTypes.includes(type) && !(maximumAttempts > 0 && info.attempt >= maximumAttempts);
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
