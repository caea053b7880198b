import assert from 'node:assert/strict';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { StoreAccessError, StoreUnreachableError } from '../../adapters/errors.js';
import { awaitBucket, provisionBucket } from '../../adapters/s3-bucket.js';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';
import { claimCheckpoints, savedStates } from '../../artifacts/checkpoints.js';
import { getContent, hasContent, putContent } from '../../artifacts/content.js';
import type { StreamingStore } from '../../artifacts/object-store.js';
import type { Credentials } from '../../infra/stack/state.js';
import { publishRun, readManifest } from '../../artifacts/runs.js';
import { manifestOf } from '../support/manifest.js';
import { MemoryStore } from '../support/memory-store.js';
import { chosenS3Server, type S3Server, startS3Server } from '../support/s3-server.js';

/** What the ledger relies on; the store in memory keeps to it, too, or tests with it would prove little. */
function behavesAsAnObjectStore(name: string, make: () => StreamingStore): void {
  describe(name, () => {
    let store: StreamingStore;
    before(() => (store = make()));

    it('gives back what was put, and its size', async () => {
      const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index & 255);
      await store.put('a/b', bytes, 'application/octet-stream');
      assert.deepEqual(new Uint8Array((await store.get('a/b'))!), bytes);
      const { modified, ...rest } = (await store.head('a/b'))!;
      assert.deepEqual(rest, { key: 'a/b', bytes: 100_000 });
      // Whole seconds, on some stores.
      assert.ok(Math.abs(modified.getTime() - Date.now()) < 60_000, modified.toISOString());
    });

    it('reads from a byte on, piece by piece', async () => {
      await store.put('pieces', Uint8Array.of(1, 2, 3), 'x/y');
      await store.put('none', new Uint8Array(), 'x/y');
      const read = async (key: string, from: number) => {
        const pieces = [];
        for await (const piece of (await store.read(key, from))!) pieces.push(...piece);
        return pieces;
      };
      assert.deepEqual(await read('pieces', 0), [1, 2, 3]);
      assert.deepEqual(await read('pieces', 2), [3]);
      assert.deepEqual(await read('pieces', 3), []);
      assert.deepEqual(await read('pieces', 9), []);
      assert.deepEqual(await read('none', 0), []);
      assert.equal(await store.read('nothing', 0), undefined);
      assert.equal(await store.read('nothing', 1), undefined);
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
      await store.delete('nothing/below/it');
      await store.put('leaf', Uint8Array.of(1), 'x/y');
      assert.equal(await store.get('leaf/below'), undefined);
      assert.equal(await store.head('leaf/below'), undefined);
    });

    it('holds keys of any characters', async () => {
      const keys = ['odd/a b+c%20d&e=f?g#h', 'odd/[i]{j}~`\'"<k>,;:@$!*()', 'odd/äöü 日本語 🎬'];
      for (const key of keys) {
        await store.put(key, new TextEncoder().encode(key), 'x/y');
        assert.equal(await store.copy(key, `${key}.copy`), true, key);
        await store.delete(key);
        assert.equal(await store.head(key), undefined, key);
        assert.equal(new TextDecoder().decode(await store.get(`${key}.copy`)), key);
      }
      assert.deepEqual(
        (await store.list('odd/')).map(({ key }) => key).sort(),
        keys.map((key) => `${key}.copy`).sort(),
      );
    });

    it('lists folders among their neighbours, by the bytes of the keys', async () => {
      const keys = ['order/B', 'order/a', 'order/a-b', 'order/a.b', 'order/ab/c', 'order/ä'];
      for (const key of [...keys].reverse()) await store.put(key, Uint8Array.of(1), 'x/y');
      assert.deepEqual(
        (await store.list('order/')).map(({ key }) => key),
        keys,
      );
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
      const [first] = await store.list('many/');
      assert.ok(Math.abs(first!.modified.getTime() - Date.now()) < 60_000, first!.modified.toISOString());
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

const title = chosenS3Server();

describe(`on a real S3 server: ${title}`, () => {
  let server: S3Server;
  before(async function () {
    server = await startS3Server(this);
  });
  after(() => (server as S3Server | undefined)?.stop());

  behavesAsAnObjectStore('the S3 store', () => createS3ObjectStore(server.settings));

  it("the pipeline's user can touch no other bucket, and no administration", async () => {
    const { signedHeaders } = await import('../../infra/stack/signature.js');
    const { bucket, region, endpoint } = server.settings;
    type Request = { readonly method: string; readonly path: string };
    const statusFor = async (who: Credentials, { method, path }: Request) => {
      const url = new URL(path, endpoint);
      const headers = signedHeaders(who, { method, url, body: new Uint8Array(), region });
      return (await fetch(url, { method, headers })).status;
    };
    const user = await server.settings.credentials();
    const makeOther = { method: 'PUT', path: '/other' };
    const administration = [
      server.kind.adminRequest,
      makeOther,
      { method: 'DELETE', path: `/${bucket}` },
      { method: 'GET', path: `/${bucket}?policy=` },
    ];
    for (const request of administration) {
      assert.equal(await statusFor(user, request), 403, `${request.method} ${request.path}`);
    }
    // Root may: it is the user who was refused, not the request.
    for (const request of [server.kind.adminRequest, makeOther]) {
      assert.equal(await statusFor(server.root, request), 200, `${request.method} ${request.path}`);
    }
    const other = createS3ObjectStore({ ...server.settings, bucket: 'other' });
    const works = [
      () => other.put('k', Uint8Array.of(1), 'x/y'),
      () => other.get('k'),
      () => other.list(''),
      () => other.delete('k'),
    ];
    for (const work of works) await assert.rejects(work, /AccessDenied/);
  });

  it('gets a bucket, once, from whoever may make one, and says why nobody else may', async () => {
    const { settings, root } = server;
    const films = { ...settings, bucket: 'films' };
    const byRoot = { ...films, credentials: () => Promise.resolve(root) };
    await assert.rejects(provisionBucket(films), /bucket `films` at .*AccessDenied/);
    assert.equal(await provisionBucket(byRoot), 'made');
    assert.equal(await provisionBucket(byRoot), 'there');
    await awaitBucket(byRoot, () => assert.fail('it waits'));
    assert.equal(await provisionBucket(settings), 'there');
  });

  it('parts of an object can be read, and an object be sent in parts', async () => {
    const { bucket: Bucket, endpoint, region, credentials } = server.settings;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    const Key = 'in-parts';
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    // All parts but the last have 5 MiB at least.
    const parts = [new Uint8Array(5 << 20).fill(1), Uint8Array.of(2, 3)];
    const Parts = [];
    for (const [index, Body] of parts.entries()) {
      const part = { Bucket, Key, UploadId, PartNumber: index + 1, Body };
      const { ETag } = await client.send(new UploadPartCommand(part));
      Parts.push({ ETag, PartNumber: index + 1 });
    }
    await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    const read = async (Range: string) => {
      const { Body, ContentRange } = await client.send(new GetObjectCommand({ Bucket, Key, Range }));
      return [ContentRange, ...(await Body!.transformToByteArray())];
    };
    const size = (5 << 20) + 2;
    assert.deepEqual(await read(`bytes=${size - 3}-${size - 2}`), [
      `bytes ${size - 3}-${size - 2}/${size}`,
      1,
      2,
    ]);
    assert.deepEqual(await read(`bytes=${size - 1}-`), [`bytes ${size - 1}-${size - 1}/${size}`, 3]);
    await assert.rejects(read(`bytes=${size}-`), { name: 'InvalidRange' });
    client.destroy();
  });

  it('wrong credentials and a wrong bucket are refused at once, saying what to check', async () => {
    const { accessKeyId } = await server.settings.credentials();
    const secretAccessKey = 'x'.repeat(20);
    for (const [stranger, code] of [
      [{ accessKeyId: 'nobody', secretAccessKey }, 'InvalidAccessKeyId'],
      [{ accessKeyId, secretAccessKey }, 'SignatureDoesNotMatch'],
    ] as const) {
      const store = createS3ObjectStore({ ...server.settings, credentials: () => Promise.resolve(stranger) });
      for (const work of [() => store.get('a/b'), () => store.put('a/b', Uint8Array.of(1), 'x/y')]) {
        await assert.rejects(work, (error: Error) => {
          assert.ok(error instanceof StoreAccessError);
          assert.match(
            error.message,
            new RegExp(`bucket \`streamsage\` at http.*${code}.*STREAMSAGE_BUCKET`, 's'),
          );
          assert.ok(!error.message.includes(secretAccessKey));
          return true;
        });
      }
      await assert.rejects(store.head('a/b'), StoreAccessError);
    }
    const credentials = () => Promise.resolve(server.root);
    const nowhere = createS3ObjectStore({ ...server.settings, credentials, bucket: 'not-there' });
    await assert.rejects(nowhere.get('a/b'), /bucket `not-there` at .*NoSuchBucket.*STREAMSAGE_BUCKET/s);
  });

  it('a store that does not answer is another error, which a retry can help', async () => {
    const store = createS3ObjectStore({ ...server.settings, endpoint: 'http://127.0.0.1:1' });
    await assert.rejects(store.get('a/b'), StoreUnreachableError);
  });
});

describe(`an S3 server that ends meanwhile: ${title}`, () => {
  let server: S3Server;
  before(async function () {
    server = await startS3Server(this);
  });
  after(() => (server as S3Server | undefined)?.stop());

  it('is one that does not answer, for every method', async () => {
    const store = createS3ObjectStore(server.settings);
    await store.put('last', Uint8Array.of(1), 'x/y');
    await server.kill();
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
