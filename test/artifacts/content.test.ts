import assert from 'node:assert/strict';
import fc from 'fast-check';
import { getContent, hasContent, objectKey, putContent, sha256 } from '../../artifacts/content.js';
import { ArtifactCorruptError, ArtifactMissingError, InvalidReferenceError } from '../../artifacts/errors.js';
import { MemoryStore } from '../support/memory-store.js';

const bytes = new TextEncoder().encode('hello');

describe('content', () => {
  it('lies under its digest', async () => {
    const store = new MemoryStore();
    const reference = await putContent(store, bytes, 'text/plain');
    assert.equal(reference.sha256, '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824');
    assert.equal(reference.key, `objects/sha256/2c/${reference.sha256}`);
    assert.deepEqual(await getContent(store, reference), bytes);
  });

  it('is sent once', async () => {
    const store = new MemoryStore();
    await putContent(store, bytes, 'text/plain');
    await putContent(store, bytes, 'text/plain');
    assert.equal(store.puts.length, 1);
  });

  it('is sent again where the object was damaged, even to the same length', async () => {
    const store = new MemoryStore();
    const reference = await putContent(store, bytes, 'text/plain');
    for (const damaged of ['hell', 'jello']) {
      store.objects.set(reference.key, new TextEncoder().encode(damaged));
      await putContent(store, bytes, 'text/plain');
      assert.deepEqual(await getContent(store, reference), bytes);
    }
  });

  it('of any bytes comes back, and of other bytes does not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 64 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (any, at, by) => {
          const store = new MemoryStore();
          const reference = await putContent(store, any, 'x/y');
          assert.deepEqual(await getContent(store, reference), any);
          const damaged = any.length === 0 ? Uint8Array.of(by) : any.slice();
          if (any.length > 0) damaged[at % any.length]! ^= by;
          store.objects.set(reference.key, damaged);
          assert.equal(await hasContent(store, reference), false);
          await assert.rejects(getContent(store, reference), ArtifactCorruptError);
        },
      ),
    );
  });

  it('that cannot be asked for is neither there nor absent', async () => {
    const store = new MemoryStore();
    const reference = await putContent(store, bytes, 'text/plain');
    store.get = () => Promise.reject(new Error('no answer'));
    await assert.rejects(hasContent(store, reference), /no answer/);
  });

  it('is refused when it is missing or altered', async () => {
    const store = new MemoryStore();
    const reference = await putContent(store, bytes, 'text/plain');
    store.objects.set(reference.key, new TextEncoder().encode('jello'));
    await assert.rejects(getContent(store, reference), ArtifactCorruptError);
    assert.equal(await hasContent(store, reference), false);
    store.objects.clear();
    await assert.rejects(getContent(store, reference), ArtifactMissingError);
    assert.equal(await hasContent(store, reference), false);
  });

  it('is not looked for by a reference that points elsewhere', async () => {
    const store = new MemoryStore();
    const digest = sha256(bytes);
    const wrong = [
      { key: 'runs/other/secret', sha256: digest, bytes: 5 },
      { key: objectKey('x'), sha256: 'x', bytes: 5 },
      { key: objectKey(digest), sha256: digest, bytes: -1 },
    ];
    for (const reference of wrong) await assert.rejects(getContent(store, reference), InvalidReferenceError);
  });
});
