import { readFile } from 'node:fs/promises';
import type { ModelWeights } from '../../predictor/model/weights.js';
import { readKerasWeights } from '../../predictor/publishing/keras-file.js';
import { parseRatings } from '../../predictor/ratings/parse.js';
import { buildRatingsTable } from '../../predictor/ratings/ratings-table.js';
import type { SplitWindows, WindowSet } from '../../predictor/windows/window-set.js';
import { buildWindowTable, decodeWindows, encodeWindows } from '../../predictor/windows/window-table.js';
import { requireShared } from './shared-folder.js';

/** The notebook's model. */
export const notebook = { steps: 5, features: 2, units: 64, denseUnits: 32 };

/** What Keras made of 200 steps without dropout, the train part in its order. */
export interface KerasGolden {
  readonly batch_size: number;
  readonly loss_per_step: readonly number[];
  readonly initial_predictions: readonly number[];
  readonly final_predictions: readonly number[];
}

/** The golden figures, the weights they start from and end with, and the windows that Keras predicted. */
export async function kerasGolden(context: Mocha.Context): Promise<{
  golden: KerasGolden;
  weights: ModelWeights;
  after: ModelWeights;
  train: WindowSet;
  predicted: WindowSet;
}> {
  const read = (name: string) => readFile(requireShared(context, `golden/${name}`));
  const { train, test } = await realWindows(context);
  return {
    golden: JSON.parse((await read('keras.json')).toString()) as KerasGolden,
    weights: await readKerasWeights(await read('keras_init.h5'), notebook),
    after: await readKerasWeights(await read('keras_200.h5'), notebook),
    train,
    predicted: { ...test, firstRow: test.firstRow.slice(0, 64), label: test.label.slice(0, 64) },
  };
}

/** Windows of MovieLens 100K as the notebook cuts and splits them. */
export async function realWindows(context: Mocha.Context): Promise<SplitWindows> {
  const ratings = buildRatingsTable(
    parseRatings(await readFile(requireShared(context, 'data/ml-100k/u.data'))),
  );
  const parameters = { sequenceLength: 5, bingeThreshold: 7200, testSize: 0.2, seed: 42 };
  return decodeWindows(encodeWindows(buildWindowTable(ratings, parameters)), ratings);
}

export function largestDifference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  return Math.max(...Array.from(expected, (value, index) => Math.abs(got[index]! - value)));
}
