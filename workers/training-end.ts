import { OutOfMemoryError } from '../predictor/errors.js';

/** The child ended without a result, by itself: a crash. A retry goes on from the last checkpoint. */
export class TrainingProcessError extends Error {
  override readonly name = 'TrainingProcessError';
}

/** Somebody killed the child: the system for want of memory, or a person. A retry goes on from the last checkpoint. */
export class TrainingKilledError extends Error {
  override readonly name = 'TrainingKilledError';
}

/** The child made no progress. It was killed, and a retry goes on from the last checkpoint. */
export class TrainingStalledError extends Error {
  override readonly name = 'TrainingStalledError';
}

/** Why a child that gave no result has ended. @param lastWords end of its standard error */
export function describeEnd(
  pid: number | undefined,
  code: number | null,
  killedBy: NodeJS.Signals | null,
  lastWords: () => string,
): Error {
  const who = `The training process ${pid ?? ''}`.trimEnd();
  const said = lastWords();
  // V8's own words where its heap is full: it then aborts.
  if (/JavaScript heap out of memory|std::bad_alloc/.test(said)) {
    return new OutOfMemoryError(
      `${who} ran out of memory: fewer ratings, a smaller --batch-size, or NODE_OPTIONS=--max-old-space-size=MEGABYTES`,
    );
  }
  if (killedBy === 'SIGKILL') {
    return new TrainingKilledError(
      `${who} was killed (SIGKILL): by hand, or by the system for want of memory`,
    );
  }
  const how = killedBy === null ? `with code ${code ?? 0}` : `by ${killedBy}`;
  const last = said.trim().split('\n').at(-1);
  return new TrainingProcessError(`${who} was ended ${how} before its result${last ? `: ${last}` : ''}`);
}
