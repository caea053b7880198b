import { InvalidParameterError, namedSources, resolveParameters } from './config.js';
import { sha256 } from './digest.js';
import { InvalidDataError } from './errors.js';
import { extractRatings } from './ratings/archive.js';
import { formatRatings, type RatingValues } from './ratings/format.js';
import { type ReadRatings, readRatings } from './ratings/parse.js';
import {
  buildRatingsTable,
  decodeRatings,
  encodeRatings,
  type RatingsTable,
} from './ratings/ratings-table.js';
import { countRepeated } from './ratings/sort.js';
import type { WindowSet } from './windows/window-set.js';
import {
  buildWindowTable,
  decodeWindows,
  encodeWindows,
  type WindowParameters,
  type WindowTable,
} from './windows/window-table.js';

const sourceKinds = [...namedSources, 'uploaded', 'url', 's3'] as const;
/** Where ratings come from, as a model's files name it: `uploaded` is a file or a table of one's own. */
export type SourceKind = (typeof sourceKinds)[number];

/** What decides what is made of ratings. */
export interface DatasetParameters extends WindowParameters {
  /** How many malformed rows are dropped and counted; one more is an error; 0. */
  readonly maxBadRows: number;
}

/** What is told to `prepare`. What is left out takes its default. */
export interface PrepareOptions extends Partial<DatasetParameters> {
  /** What the model's files will say of the data's origin; `uploaded` unless said otherwise. It is not checked. */
  readonly source?: SourceKind;
}

/** What the ratings are. */
export interface RatingCounts {
  readonly ratings: number;
  readonly users: number;
  readonly movies: number;
  /** Ratings of a user and a movie that an earlier row has; they are kept. */
  readonly repeatedRatings: number;
  /** Rows that were dropped, at most `maxBadRows`. */
  readonly badRows: number;
  /** What is wrong with the first of them. */
  readonly firstBadRow?: string;
}

/** What the windows are, and how many of them lie in each part. */
export interface WindowCounts {
  readonly windows: number;
  /** Windows that no other rating follows in time. */
  readonly stop: number;
  readonly train: number;
  readonly test: number;
  /** Windows of the test part that no other rating follows in time. */
  readonly testStop: number;
}

/** Ratings made ready for training. Its arrays are views into the two Arrow files: read them, do not write to them. */
export interface Dataset {
  readonly parameters: DatasetParameters;
  readonly source: SourceKind;
  /** SHA-256 of the ratings as `u.data`, hexadecimal. */
  readonly ratingsSha256: string;
  readonly counts: RatingCounts & WindowCounts;
  /** Columns of all ratings, [ratings], sorted by user and time, with the scaling of the model's inputs. */
  readonly ratings: RatingsTable;
  /** Windows to learn from, as offsets into `ratings.features`. */
  readonly train: WindowSet;
  /** Windows held out. */
  readonly test: WindowSet;
  /** The ratings as an Arrow IPC file: user_id, movie_id, rating, timestamp, time_diff, features. */
  readonly ratingsArrow: Uint8Array;
  /** The windows as an Arrow IPC file: first_row, label, part. */
  readonly windowsArrow: Uint8Array;
}

/**
 * Reads, sorts and scales ratings, cuts windows and splits them.
 *
 * A window is `sequenceLength` consecutive ratings of one user, followed by another of that user; it is a binge (label
 * 1) if that one follows in less than `bingeThreshold` seconds. The split is scikit-learn's `train_test_split`, the
 * scaling its `MinMaxScaler`, number for number.
 * @param ratings a ratings file (`user id ⇥ movie id ⇥ rating ⇥ timestamp` a line), a zip that holds `u.data`, or columns
 * @throws InvalidParameterError, and InvalidDataError for ratings that are malformed, empty, or too few
 */
export async function prepare(
  ratings: Uint8Array | RatingValues,
  options: PrepareOptions = {},
): Promise<Dataset> {
  const { source = 'uploaded', ...given } = options;
  if (!sourceKinds.includes(source)) {
    throw new InvalidParameterError(
      `Expected \`source\` to be one of ${sourceKinds.join(', ')}, got \`${source}\``,
    );
  }
  const parameters = datasetParameters(given);
  const text = await ratingsText(ratings);
  const { arrow: ratingsArrow, counts: ratingCounts } = tabulateRatings(text, parameters.maxBadRows);
  const table = decodeRatings(ratingsArrow);
  const { arrow: windowsArrow, counts: windowCounts } = tabulateWindows(table, parameters);
  return {
    parameters,
    source,
    ratingsSha256: sha256(text),
    counts: { ...ratingCounts, ...windowCounts },
    ratings: table,
    ...decodeWindows(windowsArrow, table),
    ratingsArrow,
    windowsArrow,
  };
}

/**
 * `u.data` → the sorted, scaled table as an Arrow file, and what it holds.
 * @param maxBadRows how many malformed rows are dropped; one more is an error
 * @throws InvalidDataError
 */
export function tabulateRatings(
  text: Uint8Array,
  maxBadRows: number,
): {
  readonly arrow: Uint8Array;
  readonly counts: RatingCounts;
} {
  const read = readRatings(text, { badRows: maxBadRows });
  return { arrow: encodeRatings(buildRatingsTable(read.columns)), counts: countRatings(read) };
}

/**
 * Sorted ratings → the table of windows as an Arrow file, and what it holds.
 * @throws InvalidDataError
 */
export function tabulateWindows(
  ratings: RatingsTable,
  parameters: WindowParameters,
): { readonly arrow: Uint8Array; readonly counts: WindowCounts } {
  const table = buildWindowTable(ratings, parameters);
  return { arrow: encodeWindows(table), counts: countWindows(table) };
}

function countRatings({ columns, badRows, firstBadRow }: ReadRatings): RatingCounts {
  const { userId, movieId } = columns;
  return {
    ratings: userId.length,
    users: new Set(userId).size,
    movies: new Set(movieId).size,
    repeatedRatings: countRepeated(columns),
    badRows,
    ...(firstBadRow === undefined ? {} : { firstBadRow }),
  };
}

function countWindows({ label, trainCount }: WindowTable): WindowCounts {
  const stops = (labels: Uint8Array) => labels.reduce((sum, value) => sum + (1 - value), 0);
  return {
    windows: label.length,
    stop: stops(label),
    train: trainCount,
    test: label.length - trainCount,
    testStop: stops(label.subarray(trainCount)),
  };
}

/** @throws InvalidParameterError also for a parameter that is none of a data set's */
function datasetParameters(given: Partial<DatasetParameters>): DatasetParameters {
  const { sequenceLength, bingeThreshold, testSize, seed, maxBadRows, ...others } = given;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw new InvalidParameterError(
      'Expected a parameter of a data set (sequenceLength, bingeThreshold, testSize, seed, maxBadRows) or `source`, ' +
        `got \`${other}\``,
    );
  }
  const all = resolveParameters({ sequenceLength, bingeThreshold, testSize, seed, maxBadRows });
  return {
    sequenceLength: all.sequenceLength,
    bingeThreshold: all.bingeThreshold,
    testSize: all.testSize,
    seed: all.seed,
    maxBadRows: all.maxBadRows,
  };
}

async function ratingsText(ratings: Uint8Array | RatingValues): Promise<Uint8Array> {
  if (ratings instanceof Uint8Array) return (await extractRatings(ratings, 'the ratings')).ratings;
  const columns = ratings as Partial<RatingValues> | null | undefined;
  const { userId, movieId, rating, timestamp } = columns ?? {};
  if (!userId || !movieId || !rating || !timestamp) {
    throw new InvalidDataError(
      'Expected the ratings as bytes (a Uint8Array), or as columns userId, movieId, rating and timestamp, got ' +
        (columns && typeof columns === 'object' ? `{ ${Object.keys(columns).join(', ')} }` : typeof ratings),
    );
  }
  return formatRatings({ userId, movieId, rating, timestamp });
}
