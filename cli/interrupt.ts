import { exitCodes } from './exit-codes.js';
import type { Output } from './output.js';

/**
 * Runs work that Ctrl-C ends at once.
 * @param said what is then left, as a sentence
 * @param tidyUp removes, without waiting, what must not be left half-done
 */
export async function interruptible<Result>(
  output: Output,
  said: string,
  work: () => Promise<Result>,
  tidyUp: () => void = () => undefined,
): Promise<Result> {
  const stop = () => {
    tidyUp();
    output.note(`\nstreamsage: interrupted. ${said}`);
    process.exit(exitCodes.interrupted);
  };
  process.once('SIGINT', stop);
  try {
    return await work();
  } finally {
    process.off('SIGINT', stop);
  }
}
