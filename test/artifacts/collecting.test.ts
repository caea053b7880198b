import assert from 'node:assert/strict';
import { beginCollection, storeAtRest, undisturbed } from '../../artifacts/collecting.js';
import { CollectionLostError, StoreBeingCleanedError } from '../../artifacts/errors.js';
import { MemoryStore } from '../support/memory-store.js';

const quick = { leaseMs: 400, momentMs: 0 };
const markerKey = 'collecting.json';
const marker = (store: MemoryStore) =>
  JSON.parse(new TextDecoder().decode(store.objects.get(markerKey))) as { token: string; done: boolean };
const put = (store: MemoryStore, value: object) =>
  store.put(markerKey, new TextEncoder().encode(JSON.stringify(value)));

describe('a stage and a collection', () => {
  it('do not meet where there is none', async () => {
    let steps = 0;
    assert.equal(await undisturbed(new MemoryStore(), () => Promise.resolve(++steps)), 1);
  });

  it('that is going on: the stage waits for its end', async () => {
    const store = new MemoryStore();
    const collection = await beginCollection(store, quick);
    let ended = false;
    const stage = undisturbed(store, () => Promise.resolve(ended));
    // Longer than a lease: it is alive.
    await new Promise((resolve) => setTimeout(resolve, 2 * quick.leaseMs));
    collection.check();
    ended = true;
    await collection.end();
    assert.equal(await stage, true);
  });

  it('that began while the stage was at work: the stage looks again', async () => {
    const store = new MemoryStore();
    const collected = async () => (await beginCollection(store, quick)).end();
    let steps = 0;
    const step = async () => {
      if (++steps <= 2) await collected();
      return steps;
    };
    assert.equal(await undisturbed(store, step), 3);
  });

  it('that still goes on when the stage has ended: it waits, and looks again', async () => {
    const store = new MemoryStore();
    const seen: boolean[] = [];
    const result = await undisturbed(store, async () => {
      if (seen.length === 0) {
        const collection = await beginCollection(store, quick);
        setTimeout(() => void collection.end(), 100);
      }
      seen.push(marker(store).done);
      return seen.length;
    });
    assert.deepEqual([result, seen], [2, [false, true]]);
  });

  it('that was killed: the stage goes on after its lease, and nobody waits for it again', async () => {
    const store = new MemoryStore();
    await put(store, { token: 'killed', beat: 3, leaseMs: 300, done: false });
    const started = performance.now();
    assert.equal(await storeAtRest(store), 'killed');
    assert.ok(performance.now() - started >= 290);
    assert.equal(marker(store).done, true);
  });

  it('whose marker cannot be read is over', async () => {
    const store = new MemoryStore();
    for (const text of ['', '{', '{"token":1}', '{"token":"x","beat":0,"leaseMs":1e12,"done":false}']) {
      await store.put(markerKey, new TextEncoder().encode(text));
      assert.equal(await undisturbed(store, () => Promise.resolve(text)), text);
    }
  });

  it('without end: the stage gives up for now', async () => {
    const store = new MemoryStore();
    const collection = await beginCollection(store, quick);
    await assert.rejects(storeAtRest(store, undefined, 100), StoreBeingCleanedError);
    await collection.end();
  });

  it('of which the stage is cancelled while it waits', async () => {
    const store = new MemoryStore();
    const collection = await beginCollection(store, quick);
    const controller = new AbortController();
    const waiting = storeAtRest(store, controller.signal);
    controller.abort(new Error('cancelled'));
    await assert.rejects(waiting, /cancelled/);
    await collection.end();
  });
});

describe('a collection', () => {
  it('gives way to another that is alive', async () => {
    const store = new MemoryStore();
    const first = await beginCollection(store, { leaseMs: 300, momentMs: 0 });
    await assert.rejects(beginCollection(store, { leaseMs: 300, momentMs: 0 }), /Another .* is going on/);
    await first.end();
    await (await beginCollection(store, quick)).end();
  });

  it('removes nothing more once another has taken over, or a stage took it for dead', async () => {
    for (const takenOver of [{ token: 'other' }, { done: true }]) {
      const store = new MemoryStore();
      const collection = await beginCollection(store, quick);
      collection.check();
      const theirs = { ...marker(store), ...takenOver };
      await put(store, theirs);
      await new Promise((resolve) => setTimeout(resolve, quick.leaseMs / 2));
      assert.throws(() => collection.check(), CollectionLostError);
      await collection.end();
      assert.deepEqual(marker(store), theirs);
    }
  });

  it('removes nothing more once the store has not answered for a while', async () => {
    const store = new MemoryStore();
    const collection = await beginCollection(store, quick);
    store.get = () => Promise.reject(new Error('no answer'));
    await new Promise((resolve) => setTimeout(resolve, quick.leaseMs));
    assert.throws(() => collection.check(), /did not answer in time/);
    await collection.end();
  });
});
