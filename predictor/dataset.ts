import { createHash } from 'node:crypto';
import type { Parameters } from './config.js';
import { sha256 } from './digest.js';
import { readRatings } from './ratings/parse.js';
import { featureCount } from './ratings/features.js';
import { buildRatingsTable } from './ratings/ratings-table.js';
import { countRepeated, sortedOrder } from './ratings/sort.js';
import { cutWindows } from './windows/cut.js';
import { trainTestSplit } from './windows/split.js';

/** What the pipeline makes of a data set. Hashes are SHA-256 of little-endian values in row-major order. */
export interface DatasetReport {
  readonly sequence_length: number;
  readonly binge_threshold_s: number;
  readonly test_size: number;
  readonly seed: number;
  readonly ratings: number;
  /** Rows that were dropped; absent if there was none. */
  readonly bad_rows?: number;
  readonly users: number;
  readonly movies: number;
  readonly rating_min_max: readonly [number, number];
  readonly time_diff_min_max_s: readonly [number, number];
  readonly windows: number;
  readonly binge: number;
  readonly stop: number;
  readonly train: number;
  readonly test: number;
  readonly test_binge: number;
  /** File rows (int32) in the order of the sorted table. */
  readonly order_sha256: string;
  /** Windows, float32 [windows, steps, 2]. */
  readonly x_f32_sha256: string;
  readonly y_u8_sha256: string;
  readonly train_i32_sha256: string;
  readonly test_i32_sha256: string;
  readonly first_window: readonly (readonly number[])[];
  readonly last_window: readonly (readonly number[])[];
  readonly first_train_rows: readonly number[];
  readonly first_test_rows: readonly number[];
}

type DatasetParameters = Pick<Parameters, 'sequenceLength' | 'bingeThreshold' | 'testSize' | 'seed'> &
  Partial<Pick<Parameters, 'maxBadRows'>>;

/** What somebody should know about a data set before a model is trained on it. */
export interface DatasetCheck {
  readonly ratings: number;
  /** Rows that are dropped. */
  readonly badRows: number;
  readonly firstBadRow?: string;
  /** Ratings of a user and a movie that an earlier row has; they are kept. */
  readonly repeated: number;
  readonly windows: number;
  readonly binges: number;
}

/**
 * Reads, cuts and splits as the pipeline will.
 * @param ratings `u.data`
 * @throws InvalidDataError if it will not get as far as training
 */
export function checkDataset(ratings: Uint8Array, parameters: DatasetParameters): DatasetCheck {
  const { sequenceLength, bingeThreshold, testSize, seed, maxBadRows = 0 } = parameters;
  const { columns, ...bad } = readRatings(ratings, { badRows: maxBadRows });
  const { label } = cutWindows(buildRatingsTable(columns), sequenceLength, bingeThreshold);
  trainTestSplit(label.length, testSize, seed);
  return {
    ratings: columns.userId.length,
    ...bad,
    repeated: countRepeated(columns),
    windows: label.length,
    binges: label.reduce((sum, value) => sum + value, 0),
  };
}

/**
 * Counts and fingerprints of windows, labels and split.
 * @param ratings `u.data`
 * @throws InvalidDataError
 */
export function describeDataset(ratings: Uint8Array, parameters: DatasetParameters): DatasetReport {
  const { sequenceLength, bingeThreshold, testSize, seed, maxBadRows = 0 } = parameters;
  const { columns, badRows } = readRatings(ratings, { badRows: maxBadRows });
  const table = buildRatingsTable(columns);
  const { firstRow, label } = cutWindows(table, sequenceLength, bingeThreshold);
  const { train, test } = trainTestSplit(firstRow.length, testSize, seed);
  const binge = label.reduce((sum, value) => sum + value, 0);
  const features = createHash('sha256');
  for (const row of firstRow) features.update(bytesOf(windowAt(table.features, row, sequenceLength)));
  const rowsOf = (row: number) =>
    Array.from({ length: sequenceLength }, (_, step) =>
      Array.from(table.features.subarray((row + step) * featureCount, (row + step + 1) * featureCount)),
    );
  const { scalers } = table;
  return {
    sequence_length: sequenceLength,
    binge_threshold_s: bingeThreshold,
    test_size: testSize,
    seed,
    ratings: columns.userId.length,
    ...(badRows === 0 ? {} : { bad_rows: badRows }),
    users: new Set(columns.userId).size,
    movies: new Set(columns.movieId).size,
    rating_min_max: [scalers.rating.minimum, scalers.rating.maximum],
    time_diff_min_max_s: [scalers.timeDiff.minimum, scalers.timeDiff.maximum],
    windows: label.length,
    binge,
    stop: label.length - binge,
    train: train.length,
    test: test.length,
    test_binge: test.reduce((sum, window) => sum + label[window]!, 0),
    order_sha256: sha256(bytesOf(sortedOrder(columns))),
    x_f32_sha256: features.digest('hex'),
    y_u8_sha256: sha256(label),
    train_i32_sha256: sha256(bytesOf(train)),
    test_i32_sha256: sha256(bytesOf(test)),
    first_window: rowsOf(firstRow[0]!),
    last_window: rowsOf(firstRow.at(-1)!),
    first_train_rows: Array.from(train.subarray(0, 5)),
    first_test_rows: Array.from(test.subarray(0, 5)),
  };
}

function windowAt(features: Float32Array, row: number, steps: number): Float32Array {
  return features.subarray(row * featureCount, (row + steps) * featureCount);
}

function bytesOf(values: Int32Array | Uint8Array | Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
