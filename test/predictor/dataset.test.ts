import assert from 'node:assert/strict';
import { resolveParameters } from '../../predictor/config.js';
import { checkDataset, describeDataset } from '../../predictor/dataset.js';
import { InvalidDataError } from '../../predictor/errors.js';

const bytes = (lines: readonly string[]) => new TextEncoder().encode(`${lines.join('\n')}\n`);
const rating = (user: number, movie: number, time: number) => `${user}\t${movie}\t3\t${time}`;
const history = (user: number, length: number, gap = 10) =>
  Array.from({ length }, (_, index) => rating(user, index + 1, 880_000_000 + index * gap));

describe('checking a data set', () => {
  it('counts what is dropped, what is there twice, windows and binges', () => {
    const lines = [...history(1, 8), 'x', ...history(2, 8), rating(2, 3, 1), rating(1, 2, 1)];
    const parameters = resolveParameters({ maxBadRows: 1 });
    assert.deepEqual(checkDataset(bytes(lines), parameters), {
      ratings: 18,
      badRows: 1,
      firstBadRow: 'Line 9 of the ratings has 1 field between tabs, expected 4: "x"',
      repeated: 2,
      windows: 8,
      binges: 8,
    });
    assert.equal(describeDataset(bytes(lines), parameters).bad_rows, 1);
    assert.ok(!('bad_rows' in describeDataset(bytes(history(1, 8)), parameters)));
  });

  it('refuses what would fail later: bad rows, users shorter than a window, a part without windows', () => {
    const check =
      (lines: readonly string[], given = {}) =>
      () =>
        checkDataset(bytes(lines), resolveParameters(given));
    assert.throws(check(['x', ...history(1, 8)]), InvalidDataError);
    assert.throws(
      check([...history(1, 5), ...history(2, 5)]),
      /more than `sequenceLength` = 5 ratings, got at most 5/,
    );
    assert.throws(check(history(1, 6)), /both parts/);
  });

  it('takes one class, and a user with a million ratings', function () {
    this.timeout(60_000);
    const stops = checkDataset(bytes(history(1, 20, 7200)), resolveParameters());
    assert.deepEqual([stops.windows, stops.binges], [15, 0]);
    const { windows } = checkDataset(bytes(history(1, 1_000_000, 1)), resolveParameters());
    assert.equal(windows, 999_995);
  });
});
