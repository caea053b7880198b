import { isAway } from './errors.js';

export interface Patience {
  /** For how long it is tried again. */
  readonly milliseconds: number;
  readonly pauseMs: number;
  /** Is called once, with why, if it does not work at once. */
  readonly waits?: (reason: Error) => void;
}

/**
 * Does work that needs a server, again while that is away.
 * @throws what `work` does: in the end, and at once where waiting cannot help
 */
export async function patiently<Result>(
  work: () => Promise<Result>,
  { milliseconds, pauseMs, waits }: Patience,
): Promise<Result> {
  const deadline = Date.now() + milliseconds;
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isAway(error) || Date.now() > deadline) throw error;
      if (tries === 1) waits?.(error as Error);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** How a worker waits for a server that is being started. */
export const workerPatience = { milliseconds: 60_000, pauseMs: 500 };
