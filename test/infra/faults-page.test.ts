import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('docs/faults.md', () => {
  it('names tests that exist, by file and title', () => {
    const rows = read('docs/faults.md')
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(2);
    assert.ok(rows.length >= 20, String(rows.length));
    for (const row of rows) {
      const [, path, title] = /`(test\/[^`]+\.ts)`: (.+?) *\|$/.exec(row) ?? [];
      assert.ok(path !== undefined && title !== undefined, `Expected a test at the end of the row: ${row}`);
      // What a loop puts into a title stands there as an ellipsis. Some titles are put together.
      const begin = title.split('…')[0]!.trimEnd();
      const [, prefix] = /^(a way to the store that )/.exec(begin) ?? [];
      const parts = prefix === undefined ? [begin] : [prefix, `'${begin.slice(prefix.length)}'`];
      for (const part of parts) assert.ok(read(path).includes(part), `Expected ${path} to have \`${part}\``);
    }
  });
});
