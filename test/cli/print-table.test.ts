import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Output, printTable } from '../../cli/output.js';

const rows = [
  ['RUN', 'OUTCOME', 'BY', 'RECIPE'],
  ['ml-100k-20261125-101530-9f3c', 'completed', 'hand', 'notebook, epochs=20, seed=7'],
];

function printed(table: readonly (readonly string[])[], width?: number) {
  const [results, notes]: [string[], string[]] = [[], []];
  const output: Output = { result: (line) => results.push(line), note: (line) => notes.push(line), width };
  printTable(output, table);
  return { results, notes };
}

describe('a table', () => {
  it('is whole where it fits, or no terminal shows it', () => {
    for (const width of [undefined, 200]) {
      const { results, notes } = printed(rows, width);
      assert.match(results[1]!, /notebook, epochs=20, seed=7$/);
      assert.deepEqual(notes, []);
    }
  });

  it('leaves out columns from the right in a terminal of 60 columns, and names them', () => {
    const { results, notes } = printed(rows, 60);
    assert.deepEqual(results, [
      'RUN                           OUTCOME    BY',
      'ml-100k-20261125-101530-9f3c  completed  hand',
    ]);
    assert.deepEqual(notes, ['Not shown in 60 columns: RECIPE (--json has them)']);
  });

  it('fits, or has two columns left', () => {
    const table = fc.integer({ min: 1, max: 8 }).chain((columns) =>
      fc.array(fc.array(fc.string({ maxLength: 30 }), { minLength: columns, maxLength: columns }), {
        minLength: 1,
        maxLength: 5,
      }),
    );
    fc.assert(
      fc.property(table, fc.integer({ min: 1, max: 120 }), (given, width) => {
        const { results, notes } = printed(given, width);
        const longest = Math.max(...results.map((line) => line.length));
        assert.ok(longest <= width || notes.length > 0 || given[0]!.length <= 2);
        assert.equal(results.length, given.length);
      }),
    );
  });
});
