import assert from 'node:assert/strict';
import { findPublishedRecipe, isPublished, recipeKey, writeRecipe } from '../../artifacts/recipes.js';
import { publishRun } from '../../artifacts/runs.js';
import { manifestOf } from '../support/manifest.js';
import { MemoryStore } from '../support/memory-store.js';

const identity = {
  ratings: 'a'.repeat(64),
  parameters: { epochs: 10, engine: 'auto', fastMath: false },
  stageVersions: { download: 1, train: 3 },
};

describe('a recipe', () => {
  it('is named by data, parameters and code, whatever their order', () => {
    const key = recipeKey(identity);
    assert.match(key, /^[0-9a-f]{64}$/);
    const reordered = { fastMath: false, engine: 'auto', epochs: 10 };
    assert.equal(recipeKey({ ...identity, parameters: reordered }), key);
    for (const other of [
      { ratings: 'b'.repeat(64) },
      { parameters: { ...identity.parameters, epochs: 11 } },
      { parameters: { ...identity.parameters, fastMath: true } },
      { stageVersions: { download: 1, train: 4 } },
      { stageVersions: { download: 2, train: 3 } },
    ]) {
      assert.notEqual(recipeKey({ ...identity, ...other }), key);
    }
  });

  it('is found as long as the run that published it is there', async () => {
    const store = new MemoryStore();
    assert.equal(await findPublishedRecipe(store, identity), undefined);
    await publishRun(store, await manifestOf(store, 'run-1', { 'a.txt': 'A' }));
    await writeRecipe(store, identity, 'run-1');
    assert.equal(await findPublishedRecipe(store, identity), 'run-1');
    assert.equal(await findPublishedRecipe(store, { ...identity, ratings: 'b'.repeat(64) }), undefined);
    store.objects.set('runs/run-1/manifest.json', Uint8Array.of(1));
    assert.equal(await findPublishedRecipe(store, identity), undefined);
    store.objects.delete('runs/run-1/manifest.json');
    assert.equal(await findPublishedRecipe(store, identity), undefined);
  });

  it('that was altered in the store counts as none', async () => {
    const store = new MemoryStore();
    await publishRun(store, await manifestOf(store, 'run-1', { 'a.txt': 'A' }));
    await writeRecipe(store, identity, 'run-1');
    const key = `recipes/${recipeKey(identity)}.json`;
    const text = new TextDecoder().decode(store.objects.get(key));
    for (const altered of [
      '',
      '{}',
      text.replace('"epochs": 10', '"epochs": 11'),
      text.replace('"run-1"', '7'),
    ]) {
      store.objects.set(key, new TextEncoder().encode(altered));
      assert.equal(await findPublishedRecipe(store, identity), undefined, altered);
    }
    store.objects.set(key, new TextEncoder().encode(text));
    assert.equal(await findPublishedRecipe(store, identity), 'run-1');
  });

  it('whose run cannot be asked for because the store does not answer is an error, not a change', async () => {
    const store = new MemoryStore();
    store.get = () => Promise.reject(new Error('no answer'));
    await assert.rejects(isPublished(store, 'run-1'), /no answer/);
    await assert.rejects(findPublishedRecipe(store, identity), /no answer/);
  });
});
