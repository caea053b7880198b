import { parseRatings } from '../predictor/ratings/parse.js';
import { buildRatingsTable } from '../predictor/ratings/ratings-table.js';
import type { SplitWindows } from '../predictor/windows/window-set.js';
import { buildWindowTable, decodeWindows, encodeWindows } from '../predictor/windows/window-table.js';

/** @returns the notebook's windows of a ratings file, of `steps` ratings, split with its seed */
export function notebookWindows(ratings: Uint8Array, steps: number): SplitWindows {
  const table = buildRatingsTable(parseRatings(ratings));
  const parameters = { sequenceLength: steps, bingeThreshold: 7200, testSize: 0.2, seed: 42 };
  return decodeWindows(encodeWindows(buildWindowTable(table, parameters)), table);
}
