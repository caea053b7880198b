import type { DatasetCheck } from '../predictor/dataset.js';
import { formatCount } from './output.js';

/**
 * What somebody should know about a data set before a model is trained on it.
 * @param altered whether it calls itself MovieLens 100K, and is not what was published
 */
export function datasetNotes(check: DatasetCheck, altered: boolean): string[] {
  const { badRows, firstBadRow, repeated, windows, binges } = check;
  const notes: string[] = [];
  if (badRows > 0) {
    notes.push(
      `${formatCount(badRows)} bad ${badRows === 1 ? 'row is' : 'rows are'} dropped. The first: ${firstBadRow}`,
    );
  }
  if (repeated > 0) {
    const are = repeated === 1 ? 'rating is' : 'ratings are';
    notes.push(`${formatCount(repeated)} ${are} of a user and a movie that an earlier row has; all are kept`);
  }
  if (altered) notes.push('this is not MovieLens 100K as it was published (SHA-256): the copy was altered');
  if (binges === 0 || binges === windows) {
    notes.push(
      `every window is a ${binges === 0 ? 'stop' : 'binge'}: a model can be trained, and the metrics that compare ` +
        'the two are not defined',
    );
  }
  return notes;
}

/** As lines on standard error. */
export function noteLines(notes: readonly string[]): string[] {
  return notes.map((note) => `note: ${note}`);
}
