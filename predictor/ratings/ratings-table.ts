import {
  Field,
  FixedSizeList,
  Float32,
  Int32,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableToIPC,
  Uint8,
} from 'apache-arrow';
import { InvalidDataError } from '../errors.js';
import { readColumns } from '../arrow-columns.js';
import type { RatingColumns } from './parse.js';
import { type FeatureScalers, fitMinMax, parseScalers } from './scaler.js';
import { featureCount } from './features.js';
import { sortedOrder } from './sort.js';

/** Ratings sorted by user and timestamp, with the features of each. */
export interface RatingsTable extends RatingColumns {
  /** Seconds since the same user's previous rating; 0 for the first. */
  readonly timeDiff: Int32Array;
  /** [rows × 2] `rating_norm`, `time_diff_norm` side by side, so that a window is one contiguous slice. */
  readonly features: Float32Array;
  readonly scalers: FeatureScalers;
}

/** Sorts, takes differences and scales, in float64 as the notebook's pandas and scikit-learn do; stores float32. */
export function buildRatingsTable(columns: RatingColumns): RatingsTable {
  const order = sortedOrder(columns);
  const rows = order.length;
  const userId = new Int32Array(rows);
  const movieId = new Int32Array(rows);
  const rating = new Uint8Array(rows);
  const timestamp = new Int32Array(rows);
  const timeDiff = new Int32Array(rows);
  for (let place = 0; place < rows; place++) {
    const row = order[place]!;
    userId[place] = columns.userId[row]!;
    movieId[place] = columns.movieId[row]!;
    rating[place] = columns.rating[row]!;
    timestamp[place] = columns.timestamp[row]!;
    if (place > 0 && userId[place] === userId[place - 1]) {
      timeDiff[place] = timestamp[place]! - timestamp[place - 1]!;
    }
  }
  const scalers = { rating: fitMinMax(rating), timeDiff: fitMinMax(timeDiff) };
  const features = new Float32Array(rows * featureCount);
  scaleFeatures({ rating, timeDiff }, scalers, features);
  return { userId, movieId, rating, timestamp, timeDiff, features, scalers };
}

/**
 * Scales ratings, in float64, as `MinMaxScaler.transform` does; stores float32.
 * @param raw [rows] stars, and seconds since the user's previous rating
 * @param features [rows × 2] takes them, from its beginning
 * @param from first row of `raw`
 * @param to the row after its last
 */
export function scaleFeatures(
  raw: { readonly rating: ArrayLike<number>; readonly timeDiff: ArrayLike<number> },
  scalers: FeatureScalers,
  features: Float32Array,
  from = 0,
  to = raw.rating.length,
): void {
  const { rating, timeDiff } = scalers;
  let place = 0;
  for (let row = from; row < to; row++) {
    features[place++] = raw.rating[row]! * rating.scale + rating.offset;
    features[place++] = raw.timeDiff[row]! * timeDiff.scale + timeDiff.offset;
  }
}

const feature = new Field('item', new Float32(), false);
const schemaFields = [
  new Field('user_id', new Int32(), false),
  new Field('movie_id', new Int32(), false),
  new Field('rating', new Uint8(), false, new Map([['unit', 'stars']])),
  new Field('timestamp', new Int32(), false, new Map([['unit', 's since 1970-01-01 UTC']])),
  new Field('time_diff', new Int32(), false, new Map([['unit', 's']])),
  new Field(
    'features',
    new FixedSizeList(featureCount, feature),
    false,
    new Map([['names', 'rating_norm,time_diff_norm']]),
  ),
];

/** The table as one Arrow IPC file; the scalers travel in the schema's metadata. */
export function encodeRatings(table: RatingsTable): Uint8Array {
  const { userId, movieId, rating, timestamp, timeDiff, features, scalers } = table;
  const length = userId.length;
  const int32 = (data: Int32Array) => makeData({ type: new Int32(), length, nullCount: 0, data });
  const values = makeData({ type: new Float32(), length: features.length, nullCount: 0, data: features });
  const children = [
    int32(userId),
    int32(movieId),
    makeData({ type: new Uint8(), length, nullCount: 0, data: rating }),
    int32(timestamp),
    int32(timeDiff),
    makeData({ type: new FixedSizeList(featureCount, feature), length, nullCount: 0, child: values }),
  ];
  const schema = new Schema(schemaFields, new Map([['scalers', JSON.stringify(scalers)]]));
  const data = makeData({ type: new Struct(schemaFields), length, nullCount: 0, children });
  return tableToIPC(new Table(schema, new RecordBatch(schema, data)), 'file');
}

/**
 * Reads what encodeRatings wrote. The columns are views into `bytes` where alignment allows.
 * @throws InvalidDataError if the bytes are truncated, altered, or another table
 */
export function decodeRatings(bytes: Uint8Array): RatingsTable {
  const { columns, metadata } = readColumns('the ratings table', bytes, schemaFields);
  const table = {
    userId: columns['user_id'] as Int32Array,
    movieId: columns['movie_id'] as Int32Array,
    rating: columns['rating'] as Uint8Array,
    timestamp: columns['timestamp'] as Int32Array,
    timeDiff: columns['time_diff'] as Int32Array,
    features: columns['features'] as Float32Array,
  };
  return { ...table, scalers: decodeScalers(metadata.get('scalers')) };
}

function decodeScalers(json: string | undefined): FeatureScalers {
  const scalers = parseScalers(json);
  if (scalers) return scalers;
  throw new InvalidDataError(
    'Expected the ratings table to carry its scalers as JSON in the schema metadata',
  );
}
