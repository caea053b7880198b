import { Context } from '@temporalio/activity';
import type { StageProgress } from '../workflows/contract.js';

/** How often a stage says that it lives. Cancellation reaches an activity in the answer to a heartbeat. */
const intervalMs = 1000;

/**
 * Heartbeats while `work` runs, with the progress it last reported.
 * @param work gets the reporter and the signal that fires when the activity is cancelled or has timed out
 */
export async function withHeartbeat<Result>(
  initial: StageProgress,
  work: (report: (progress: StageProgress) => void, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  // Captured first: inside timers and abort listeners there is no current context.
  const context = Context.current();
  let latest = initial;
  context.heartbeat(latest);
  const ticker = setInterval(() => context.heartbeat(latest), intervalMs);
  try {
    return await work((progress) => {
      latest = progress;
      context.heartbeat(latest);
    }, context.cancellationSignal);
  } finally {
    clearInterval(ticker);
  }
}
