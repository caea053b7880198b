import assert from 'node:assert/strict';
import { writeRecipe } from '../../artifacts/recipes.js';
import { writeAlias } from '../../artifacts/runs.js';
import { MemoryStore } from '../support/memory-store.js';

describe('JSON in the store', () => {
  const textOf = (store: MemoryStore) => new TextDecoder().decode([...store.objects.values()][0]);

  it('is one line where programs read it', async () => {
    const store = new MemoryStore();
    await writeAlias(store, 'best', 'run-1');
    assert.equal(textOf(store), '{"run":"run-1"}\n');
  });

  it('is indented where people read it', async () => {
    const store = new MemoryStore();
    await writeRecipe(store, { ratings: 'ab', parameters: { seed: 1 }, stageVersions: {} }, 'run-1');
    assert.match(
      textOf(store),
      /^\{\n {2}"key": .*\n {2}"ratings": "ab",\n {2}"parameters": \{\n {4}"seed": 1\n/,
    );
    assert.ok(textOf(store).endsWith('\n}\n'));
  });
});
