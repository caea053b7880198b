import assert from 'node:assert/strict';
import { deleteCheckpoints, latestCheckpoint, saveCheckpoint } from '../../artifacts/checkpoints.js';
import { InvalidArtifactNameError } from '../../artifacts/errors.js';
import { MemoryStore } from '../support/memory-store.js';

describe('checkpoints of a run', () => {
  it('are none at first', async () => {
    assert.equal(await latestCheckpoint(new MemoryStore(), 'run'), undefined);
  });

  it('are found by the last epoch, also beyond nine', async () => {
    const store = new MemoryStore();
    for (const epoch of [8, 9, 10, 11]) await saveCheckpoint(store, 'run', epoch, Uint8Array.of(epoch));
    assert.deepEqual(await latestCheckpoint(store, 'run'), { epoch: 11, bytes: Uint8Array.of(11) });
    assert.equal(store.objects.size, 2);
  });

  it('fall back to the one before when the last is damaged', async () => {
    const store = new MemoryStore();
    await saveCheckpoint(store, 'run', 1, Uint8Array.of(1));
    await saveCheckpoint(store, 'run', 2, Uint8Array.of(2));
    const last = [...store.objects.keys()].sort().at(-1)!;
    store.objects.set(last, Uint8Array.of(3));
    assert.equal((await latestCheckpoint(store, 'run'))?.epoch, 1);
  });

  it('are not hidden by later ones, which this training could not go on from', async () => {
    const store = new MemoryStore();
    for (const epoch of [7, 8]) await saveCheckpoint(store, 'run', epoch, Uint8Array.of(epoch));
    for (const epoch of [1, 2, 3]) {
      await saveCheckpoint(store, 'run', epoch, Uint8Array.of(100 + epoch));
      assert.deepEqual(await latestCheckpoint(store, 'run'), { epoch, bytes: Uint8Array.of(100 + epoch) });
    }
    assert.equal(store.objects.size, 2);
  });

  it('of the same epoch replace one another', async () => {
    const store = new MemoryStore();
    for (const byte of [1, 2, 3, 4, 5]) {
      await saveCheckpoint(store, 'run', 1, Uint8Array.of(byte));
      assert.deepEqual(await latestCheckpoint(store, 'run'), { epoch: 1, bytes: Uint8Array.of(byte) });
    }
    assert.equal(store.objects.size, 1);
  });

  it('whose names are not of this form are passed over', async () => {
    const store = new MemoryStore();
    await saveCheckpoint(store, 'run', 1, Uint8Array.of(1));
    for (const name of ['99999999', 'zzz', '00000009-abc']) {
      store.objects.set(`checkpoints/run/${name}`, Uint8Array.of(9));
    }
    assert.equal((await latestCheckpoint(store, 'run'))?.epoch, 1);
  });

  it('that are dropped between list and read are passed over', async () => {
    const store = new MemoryStore();
    await saveCheckpoint(store, 'run', 1, Uint8Array.of(1));
    await saveCheckpoint(store, 'run', 2, Uint8Array.of(2));
    const last = [...store.objects.keys()].sort().at(-1)!;
    const list = store.list.bind(store);
    store.list = async (prefix) => {
      const found = await list(prefix);
      store.objects.delete(last);
      return found;
    };
    assert.equal((await latestCheckpoint(store, 'run'))?.epoch, 1);
  });

  it('are kept apart by run, and deleted with it', async () => {
    const store = new MemoryStore();
    await saveCheckpoint(store, 'run', 1, Uint8Array.of(1));
    await saveCheckpoint(store, 'run-2', 5, Uint8Array.of(5));
    await deleteCheckpoints(store, 'run');
    assert.equal(await latestCheckpoint(store, 'run'), undefined);
    assert.equal((await latestCheckpoint(store, 'run-2'))?.epoch, 5);
  });

  it('are not written for a run whose name leads elsewhere', async () => {
    await assert.rejects(
      saveCheckpoint(new MemoryStore(), '../objects', 1, Uint8Array.of(1)),
      InvalidArtifactNameError,
    );
  });
});
