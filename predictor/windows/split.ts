import { InvalidDataError } from '../errors.js';
import { RandomState } from '../random.js';

/**
 * scikit-learn's `train_test_split(arange(count), test_size, random_state)`, index for index: a permutation, of which
 * the first ceil(count × testSize) are the test part and the rest, in order, the train part.
 * @throws InvalidDataError if a part would be empty
 */
export function trainTestSplit(
  count: number,
  testSize: number,
  seed: number,
): { readonly train: Int32Array; readonly test: Int32Array } {
  const testCount = Math.ceil(count * testSize);
  if (testCount === 0 || testCount >= count) {
    throw new InvalidDataError(
      `Expected \`testSize\` to leave windows in both parts, got \`${testSize}\`, which puts ${Math.min(testCount, count)} of ` +
        `${count} windows into the test part`,
    );
  }
  const order = new RandomState(seed).permutation(count);
  return { test: order.subarray(0, testCount), train: order.subarray(testCount) };
}
