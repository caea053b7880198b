import { InvalidDataError } from '../errors.js';
import type { RatingsTable } from '../ratings/ratings-table.js';

/** Every window of every user, in the order of the table. */
export interface Windows {
  /** [windows] row of the window's first rating */
  readonly firstRow: Int32Array;
  /** [windows] 1 = binge: the next rating follows in less than the threshold; 0 = stop */
  readonly label: Uint8Array;
}

/**
 * Windows of `sequenceLength` consecutive ratings of one user that are followed by another rating of that user.
 * @param bingeThreshold seconds
 * @throws InvalidDataError if no user has more ratings than a window
 */
export function cutWindows(
  { userId, timeDiff }: Pick<RatingsTable, 'userId' | 'timeDiff'>,
  sequenceLength: number,
  bingeThreshold: number,
): Windows {
  const rows = userId.length;
  const firstRow = new Int32Array(rows);
  const label = new Uint8Array(rows);
  let windows = 0;
  let userStart = 0;
  let longest = 0;
  for (let row = 0; row < rows; row++) {
    if (userId[row] !== userId[userStart]) userStart = row;
    longest = Math.max(longest, row - userStart + 1);
    // `row` is the rating after the window.
    if (row - userStart < sequenceLength) continue;
    firstRow[windows] = row - sequenceLength;
    label[windows++] = timeDiff[row]! < bingeThreshold ? 1 : 0;
  }
  if (windows === 0) {
    throw new InvalidDataError(
      `Expected a user with more than \`sequenceLength\` = ${sequenceLength} ratings, got at most ${longest} a user: ` +
        'shorten the windows or bring more ratings',
    );
  }
  return { firstRow: firstRow.slice(0, windows), label: label.slice(0, windows) };
}
