import {
  Dictionary,
  Field,
  Int32,
  Int8,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableToIPC,
  Uint8,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { readColumns } from '../arrow-columns.js';
import { InvalidDataError } from '../errors.js';
import { featureCount } from '../ratings/features.js';
import type { RatingsTable } from '../ratings/ratings-table.js';
import { cutWindows } from './cut.js';
import { trainTestSplit } from './split.js';
import type { SplitWindows, WindowSet } from './window-set.js';

/** How windows are cut and split. */
export interface WindowParameters {
  /** Ratings in a window; 5. */
  readonly sequenceLength: number;
  /** Seconds within which the next rating makes a window a binge; 7200. */
  readonly bingeThreshold: number;
  /** Share of the windows that is held out; 0.2. */
  readonly testSize: number;
  /** Of the split, and of all that is random in training; 42. */
  readonly seed: number;
}

/** Windows in the order of the split: the train part, then the test part. */
export interface WindowTable extends WindowParameters {
  /** [windows] offset into the ratings table */
  readonly firstRow: Int32Array;
  /** [windows] 1 = binge, 0 = stop */
  readonly label: Uint8Array;
  /** Windows in the train part. */
  readonly trainCount: number;
}

/**
 * Cuts windows and splits them.
 * @throws InvalidDataError if there is no window, or a part would be empty
 */
export function buildWindowTable(ratings: RatingsTable, parameters: WindowParameters): WindowTable {
  const windows = cutWindows(ratings, parameters.sequenceLength, parameters.bingeThreshold);
  const { train, test } = trainTestSplit(windows.firstRow.length, parameters.testSize, parameters.seed);
  const firstRow = new Int32Array(windows.firstRow.length);
  const label = new Uint8Array(windows.firstRow.length);
  let place = 0;
  for (const part of [train, test]) {
    for (const window of part) {
      firstRow[place] = windows.firstRow[window]!;
      label[place++] = windows.label[window]!;
    }
  }
  const { sequenceLength, bingeThreshold, testSize, seed } = parameters;
  return { firstRow, label, trainCount: train.length, sequenceLength, bingeThreshold, testSize, seed };
}

// The id is fixed: the library would count up, and the same table would be other bytes.
const partType = new Dictionary(new Utf8(), new Int8(), 0);
const [trainPart, testPart] = [0, 1];
const schemaFields = [
  new Field('first_row', new Int32(), false),
  new Field('label', new Uint8(), false, new Map([['meaning', '1 = binge, 0 = stop']])),
  new Field('part', partType, false),
];

/** The table as one Arrow IPC file; its parameters travel in the schema's metadata. */
export function encodeWindows(table: WindowTable): Uint8Array {
  const { firstRow, label, trainCount, ...parameters } = table;
  const length = firstRow.length;
  const part = new Int8Array(length).fill(testPart, trainCount);
  const children = [
    makeData({ type: new Int32(), length, nullCount: 0, data: firstRow }),
    makeData({ type: new Uint8(), length, nullCount: 0, data: label }),
    makeData({
      type: partType,
      length,
      nullCount: 0,
      data: part,
      dictionary: vectorFromArray(['train', 'test'], new Utf8()),
    }),
  ];
  const schema = new Schema(schemaFields, new Map([['parameters', JSON.stringify(parameters)]]));
  const data = makeData({ type: new Struct(schemaFields), length, nullCount: 0, children });
  return tableToIPC(new Table(schema, new RecordBatch(schema, data)), 'file');
}

/**
 * Reads what encodeWindows wrote, over the features of `ratings`.
 * @throws InvalidDataError if the bytes are truncated, altered, or belong to another ratings table
 */
export function decodeWindows(bytes: Uint8Array, ratings: RatingsTable): SplitWindows {
  const { columns, metadata, length } = readColumns('the window table', bytes, schemaFields);
  const steps = decodeSequenceLength(metadata.get('parameters'));
  const firstRow = columns['first_row'] as Int32Array;
  const label = columns['label'] as Uint8Array;
  const part = columns['part'] as unknown as Int8Array;
  const lastStart = ratings.userId.length - steps;
  for (let window = 0; window < length; window++) {
    const row = firstRow[window]!;
    if (row < 0 || row > lastStart || label[window]! > 1) {
      throw new InvalidDataError(
        `Expected window ${window} to lie within ${ratings.userId.length} ratings with a label of 0 or 1, got row ` +
          `${row}, label ${label[window]!}: the tables are not of one data set`,
      );
    }
  }
  const trainCount = part.indexOf(testPart);
  if (trainCount <= 0 || part.lastIndexOf(trainPart) !== trainCount - 1) {
    throw new InvalidDataError('Expected the window table to hold the train part, then the test part');
  }
  const windows = (from: number, to: number): WindowSet => ({
    features: ratings.features,
    featureCount,
    steps,
    firstRow: firstRow.subarray(from, to),
    label: label.subarray(from, to),
  });
  return { train: windows(0, trainCount), test: windows(trainCount, length) };
}

function decodeSequenceLength(json: string | undefined): number {
  try {
    const { sequenceLength } = JSON.parse(json ?? '') as { sequenceLength?: unknown };
    if (Number.isInteger(sequenceLength) && (sequenceLength as number) > 0) return sequenceLength as number;
  } catch {
    // reported below, together with other nonsense
  }
  throw new InvalidDataError('Expected the window table to carry `sequenceLength` in the schema metadata');
}
