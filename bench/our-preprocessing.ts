/** Contender: u.data → sorted table with features → windows → split, in a fresh process. `node our-preprocessing.js FILE` */
import { readFileSync } from 'node:fs';
import { parseRatings } from '../predictor/ratings/parse.js';
import { buildRatingsTable } from '../predictor/ratings/ratings-table.js';
import { buildWindowTable } from '../predictor/windows/window-table.js';

const file = process.argv[2]!;
const started = performance.now();
const ratings = buildRatingsTable(parseRatings(readFileSync(file)));
const windows = buildWindowTable(ratings, {
  sequenceLength: 5,
  bingeThreshold: 7200,
  testSize: 0.2,
  seed: 42,
});
const seconds = (performance.now() - started) / 1000;
if (windows.trainCount === 0) throw new Error('no windows');
console.log(JSON.stringify({ seconds, peakBytes: process.resourceUsage().maxRSS * 1024 }));
