import { ActivityFailure } from '@temporalio/workflow';
import { classOf } from './stage-failure.js';

/** Times that a run's stages are gone through. What is damaged once more after that is not damaged by chance. */
const rounds = 3;

/**
 * Goes through a run's stages, and again from the first one if what one of them has made was deleted or altered before
 * it was used: stages whose work is intact are hits, the others mend it.
 * @param startOver is told before each round but the first
 */
export async function makingAgain<Result>(
  round: () => Promise<Result>,
  startOver: () => void,
): Promise<Result> {
  for (let left = rounds - 1; ; left--) {
    try {
      return await round();
    } catch (error) {
      if (left === 0 || !canBeMadeAgain(error)) throw error;
      startOver();
    }
  }
}

/** What a person has uploaded no stage can make again. */
function canBeMadeAgain(error: unknown): boolean {
  return (
    error instanceof ActivityFailure && error.activityType !== 'download' && classOf(error) === 'artifact'
  );
}
