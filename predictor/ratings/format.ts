import { InvalidDataError } from '../errors.js';

/** Ratings from elsewhere, a value a rating in each column, in any order. */
export interface RatingValues {
  readonly userId: ArrayLike<number>;
  readonly movieId: ArrayLike<number>;
  /** Stars, whole numbers from 1 to 5. */
  readonly rating: ArrayLike<number>;
  /** Whole seconds since 1970-01-01 UTC. */
  readonly timestamp: ArrayLike<number>;
}

/**
 * Ratings as `u.data` has them: a line a rating, fields between tabs, each line ended. Values are written as they are:
 * parseRatings judges them.
 * @throws InvalidDataError if the columns are not of one length
 */
export function formatRatings({ userId, movieId, rating, timestamp }: RatingValues): Uint8Array {
  const columns = [userId, movieId, rating, timestamp] as const;
  const rows = userId.length;
  if (columns.some(({ length }) => length !== rows)) {
    throw new InvalidDataError(
      'Expected userId, movieId, rating and timestamp to be of one length, got ' +
        columns.map(({ length }) => String(length)).join(', '),
    );
  }
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    lines.push(`${userId[row]!}\t${movieId[row]!}\t${rating[row]!}\t${timestamp[row]!}\n`);
  }
  return new TextEncoder().encode(lines.join(''));
}
