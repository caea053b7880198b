import assert from 'node:assert/strict';
import fc from 'fast-check';
import { putContent } from '../../artifacts/content.js';
import {
  findStageRecord,
  readStageRecord,
  stageKey,
  writeStageRecord,
} from '../../artifacts/stage-record.js';
import { MemoryStore } from '../support/memory-store.js';

const identity = {
  stage: 'window',
  version: 1,
  parameters: { seed: 42, sequenceLength: 5 },
  inputs: { ratings: 'ab' },
};

describe("a stage's key", () => {
  it('does not depend on the order of names', () => {
    const reordered = { ...identity, parameters: { sequenceLength: 5, seed: 42 } };
    assert.equal(stageKey(reordered), stageKey(identity));
  });

  it('depends on nothing but the values, for any names', () => {
    const values = fc.dictionary(
      fc.string(),
      fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true })),
    );
    const reversed = <Value>(record: Record<string, Value>) =>
      Object.fromEntries(Object.entries(record).reverse());
    fc.assert(
      fc.property(values, values, (first, second) => {
        const key = stageKey({ ...identity, parameters: first });
        assert.equal(stageKey({ ...identity, parameters: reversed(first) }), key);
        const same =
          JSON.stringify(Object.entries(first).sort()) === JSON.stringify(Object.entries(second).sort());
        assert.equal(stageKey({ ...identity, parameters: second }) === key, same);
      }),
    );
  });

  it('is written down: another key would forget all that is stored', () => {
    assert.equal(stageKey(identity), '9fcd9e99d1fe1eb963ef8565404c27641090ca3f3ce1fbda7ca34b0162280c47');
  });

  it('differs with stage, version, parameter and input', () => {
    const others = [
      { ...identity, stage: 'train' },
      { ...identity, version: 2 },
      { ...identity, parameters: { seed: 43, sequenceLength: 5 } },
      { ...identity, parameters: { seed: '42', sequenceLength: 5 } },
      { ...identity, inputs: { ratings: 'cd' } },
      { ...identity, inputs: { other: 'ab' } },
    ];
    assert.equal(new Set([identity, ...others].map(stageKey)).size, 7);
  });
});

describe("a stage's record", () => {
  const key = stageKey(identity);
  async function recorded() {
    const store = new MemoryStore();
    const output = await putContent(store, Uint8Array.of(1, 2, 3), 'x');
    const record = {
      ...identity,
      key,
      outputs: { windowTable: output },
      facts: { windows: 3 },
      run: 'r',
      createdAt: '2026-01-01T00:00:00Z',
    };
    await writeStageRecord(store, record);
    return { store, record, output };
  }

  it('is found again', async () => {
    const { store, record } = await recorded();
    assert.deepEqual(await findStageRecord(store, 'window', key), { state: 'intact', record });
    assert.deepEqual(await findStageRecord(store, 'window', 'other'), { state: 'none' });
  });

  it('counts as none when an output is gone or altered', async () => {
    const { store, output } = await recorded();
    const damage = async () => {
      const found = await findStageRecord(store, 'window', key);
      return found.state === 'damaged' ? found.damage : found.state;
    };
    for (const altered of [Uint8Array.of(1, 2, 4), Uint8Array.of(1, 2)]) {
      store.objects.set(output.key, altered);
      assert.equal(await damage(), 'of what run r made `windowTable` is altered');
    }
    store.objects.delete(output.key);
    assert.equal(await damage(), 'of what run r made `windowTable` is missing');
  });

  it('counts as none when it does not name all that the stage makes', async () => {
    const { store, record } = await recorded();
    const outputs = Object.keys(record.outputs);
    assert.equal((await findStageRecord(store, 'window', key, outputs)).state, 'intact');
    for (const more of ['weights', 'toString', '__proto__']) {
      assert.deepEqual(await findStageRecord(store, 'window', key, [...outputs, more]), {
        ...{ state: 'damaged', damage: `its record does not name \`${more}\`` },
      });
    }
  });

  it('counts as none under the name of another stage', async () => {
    const { store } = await recorded();
    await store.copy(`records/window/${key}.json`, `records/train/${key}.json`);
    assert.equal((await findStageRecord(store, 'train', key)).state, 'damaged');
    assert.equal(await readStageRecord(store, 'train', key), undefined);
  });

  it('counts as none when it is not whole, or not of this stage', async () => {
    const { store, record } = await recorded();
    const path = `records/window/${key}.json`;
    const text = new TextDecoder().decode(store.objects.get(path));
    const wrong = [
      text.slice(0, 50),
      '[]',
      JSON.stringify({ ...record, stage: 'train' }),
      JSON.stringify({ ...record, version: 2 }),
      JSON.stringify({
        ...record,
        outputs: { windowTable: { ...record.outputs.windowTable, key: 'runs/other/secret' } },
      }),
      JSON.stringify({ ...record, parameters: { seed: 1 } }),
      JSON.stringify({
        ...record,
        outputs: { windowTable: { key: 'aliases/latest.json', sha256: 'x', bytes: 1 } },
      }),
    ];
    for (const content of wrong) {
      store.objects.set(path, new TextEncoder().encode(content));
      assert.equal((await findStageRecord(store, 'window', key)).state, 'damaged', content);
    }
  });
});
