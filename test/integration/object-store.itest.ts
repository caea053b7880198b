import assert from 'node:assert/strict';
import { StoreAccessError, StoreUnreachableError } from '../../adapters/errors.js';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';
import { claimCheckpoints, savedStates } from '../../artifacts/checkpoints.js';
import { getContent, hasContent, putContent } from '../../artifacts/content.js';
import type { ObjectStore } from '../../artifacts/object-store.js';
import { publishRun, readManifest } from '../../artifacts/runs.js';
import { manifestOf } from '../support/manifest.js';
import { MemoryStore } from '../support/memory-store.js';
import { startMinio, type TestMinio } from '../support/minio.js';

/** What the ledger relies on; the store in memory keeps to it, too, or tests with it would prove little. */
function behavesAsAnObjectStore(name: string, make: () => ObjectStore): void {
  describe(name, () => {
    let store: ObjectStore;
    before(() => (store = make()));

    it('gives back what was put, and its size', async () => {
      const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index & 255);
      await store.put('a/b', bytes, 'application/octet-stream');
      assert.deepEqual(new Uint8Array((await store.get('a/b'))!), bytes);
      assert.deepEqual(await store.head('a/b'), { key: 'a/b', bytes: 100_000 });
    });

    it('holds empty objects', async () => {
      await store.put('empty', new Uint8Array(), 'text/plain');
      assert.equal((await store.get('empty'))?.length, 0);
    });

    it('says that there is nothing, without an error', async () => {
      assert.equal(await store.get('nothing'), undefined);
      assert.equal(await store.head('nothing'), undefined);
      assert.equal(await store.copy('nothing', 'else'), false);
      await store.delete('nothing');
    });

    it('copies', async () => {
      await store.put('from', Uint8Array.of(1, 2), 'x/y');
      assert.equal(await store.copy('from', 'to'), true);
      assert.deepEqual(new Uint8Array((await store.get('to'))!), Uint8Array.of(1, 2));
    });

    it('lists by prefix in the order of keys, beyond a thousand', async () => {
      const keys = Array.from({ length: 1005 }, (_, index) => `many/${String(index).padStart(5, '0')}`);
      for (let from = 0; from < keys.length; from += 50) {
        await Promise.all(keys.slice(from, from + 50).map((key) => store.put(key, Uint8Array.of(7), 'x/y')));
      }
      await store.put('manyother', Uint8Array.of(7), 'x/y');
      assert.deepEqual(
        (await store.list('many/')).map(({ key }) => key),
        keys,
      );
    });

    it('overwrites, and deletes', async () => {
      await store.put('twice', Uint8Array.of(1, 1), 'x/y');
      await store.put('twice', Uint8Array.of(2), 'x/y');
      assert.deepEqual(new Uint8Array((await store.get('twice'))!), Uint8Array.of(2));
      await store.delete('twice');
      assert.equal(await store.get('twice'), undefined);
      assert.deepEqual(await store.list('twice'), []);
    });

    it('holds objects of many megabytes', async () => {
      const bytes = new Uint8Array(20 << 20).map((_, index) => index * 31);
      const reference = await putContent(store, bytes, 'application/octet-stream');
      assert.equal(reference.bytes, 20 << 20);
      assert.ok(Buffer.from(bytes).equals(await getContent(store, reference)));
    });

    it('mends content that was damaged, to another length and to the same', async () => {
      const bytes = Uint8Array.of(1, 2, 3, 4);
      const reference = await putContent(store, bytes, 'x/y');
      for (const damaged of [Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3, 5)]) {
        await store.put(reference.key, damaged, 'x/y');
        assert.equal(await hasContent(store, reference), false);
        await putContent(store, bytes, 'x/y');
        assert.deepEqual(new Uint8Array(await getContent(store, reference)), bytes);
      }
    });

    it('carries the ledger: a run, its manifest, its checkpoints', async () => {
      const manifest = await manifestOf(store, 'run-1', { 'a.txt': 'A' });
      await publishRun(store, manifest);
      assert.deepEqual(await readManifest(store, 'run-1'), manifest);
      const training = 'a'.repeat(64);
      const checkpoints = await claimCheckpoints(store, training, 'run-1', 1);
      for (const epoch of [1, 2, 3]) await checkpoints.save({ epoch, step: 0 }, Uint8Array.of(epoch));
      const states = await savedStates(store, training, 'run-2', 'any');
      assert.deepEqual(
        states.map(({ epoch }) => epoch),
        [3, 2],
      );
      assert.deepEqual(new Uint8Array((await states[0]!.read())!), Uint8Array.of(3));
    });
  });
}

behavesAsAnObjectStore('the store in memory', () => new MemoryStore());

describe('on a real MinIO', () => {
  let minio: TestMinio;
  before(async () => (minio = await startMinio()));
  after(() => minio.stop());

  behavesAsAnObjectStore('the S3 store', () => createS3ObjectStore(minio.settings));

  it("the pipeline's user can touch no other bucket, and no administration", async () => {
    await assert.rejects(
      createS3ObjectStore({ ...minio.settings, bucket: 'other' }).put('k', Uint8Array.of(1), 'x/y'),
      StoreAccessError,
    );
    const { signedHeaders } = await import('../../infra/stack/signature.js');
    const credentials = await minio.settings.credentials!();
    const url = new URL('/minio/admin/v3/list-users', minio.settings.endpoint);
    const headers = signedHeaders(credentials, {
      method: 'GET',
      url,
      body: new Uint8Array(),
      region: 'us-east-1',
    });
    assert.equal((await fetch(url, { headers })).status, 403);
  });

  it('wrong credentials and a wrong bucket are refused at once, saying what to check', async () => {
    const stranger = { accessKeyId: 'nobody', secretAccessKey: 'x'.repeat(20) };
    const store = createS3ObjectStore({ ...minio.settings, credentials: () => Promise.resolve(stranger) });
    await assert.rejects(store.get('a/b'), (error: Error) => {
      assert.ok(error instanceof StoreAccessError);
      assert.match(error.message, /bucket `streamsage` at http.*InvalidAccessKeyId.*STREAMSAGE_BUCKET/s);
      assert.ok(!error.message.includes(stranger.secretAccessKey));
      return true;
    });
  });

  it('a store that does not answer is another error, which a retry can help', async () => {
    const store = createS3ObjectStore({ ...minio.settings, endpoint: 'http://127.0.0.1:1' });
    await assert.rejects(store.get('a/b'), StoreUnreachableError);
  });
});

describe('a MinIO that ends meanwhile', () => {
  let minio: TestMinio;
  before(async () => (minio = await startMinio()));
  after(() => minio.stop());

  it('is one that does not answer, for every method', async () => {
    const store = createS3ObjectStore(minio.settings);
    await store.put('last', Uint8Array.of(1), 'x/y');
    await minio.kill();
    const works = [
      () => store.get('last'),
      () => store.head('last'),
      () => store.list(''),
      () => store.copy('last', 'b'),
      () => store.delete('last'),
    ];
    for (const work of works) await assert.rejects(work, StoreUnreachableError);
    await assert.rejects(store.put('last', Uint8Array.of(1), 'x/y'), StoreUnreachableError);
  });
});
