import assert from 'node:assert/strict';
import { SourceRefusedError, StoreAccessError, StoreUnreachableError } from '../../adapters/errors.js';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';
import { createS3Source } from '../../adapters/s3-source.js';
import { type S3Server, startS3Server } from '../support/s3-server.js';

describe('ratings in a bucket', function () {
  this.timeout(120_000);
  let minio: S3Server;
  const place = { bucket: 'streamsage', key: 'in/u data.txt' };
  const bytes = Buffer.from('1\t1\t1\t1\n');
  before(async function () {
    minio = await startS3Server(this);
    await createS3ObjectStore(minio.settings).put(place.key, bytes, 'text/plain');
  });
  after(() => minio.stop());

  it('are fetched once, and again when they have changed', async () => {
    const fetch = createS3Source(minio.settings);
    const got = await fetch(place, { maximumBytes: 100 });
    assert.ok(got.state === 'fetched');
    assert.deepEqual(Buffer.from(got.bytes), bytes);
    assert.ok(got.validators.etag);
    const known = got.validators;
    assert.equal((await fetch(place, { maximumBytes: 100, known })).state, 'unchanged');
    await createS3ObjectStore(minio.settings).put(place.key, Buffer.from('2\t2\t2\t2\n'), 'text/plain');
    assert.equal((await fetch(place, { maximumBytes: 100, known })).state, 'fetched');
  });

  it('are no more than allowed, and where they are said to be', async () => {
    const fetch = createS3Source(minio.settings);
    await assert.rejects(
      fetch(place, { maximumBytes: 7 }),
      /s3:\/\/streamsage\/in\/u data\.txt to be at most 7 bytes, got 8/,
    );
    await assert.rejects(fetch({ ...place, key: 'nothing' }, { maximumBytes: 100 }), (error: Error) => {
      assert.ok(error instanceof SourceRefusedError);
      return error.message === 'Expected ratings at s3://streamsage/nothing, got no such object';
    });
    await assert.rejects(fetch({ ...place, bucket: 'elsewhere' }, { maximumBytes: 100 }), StoreAccessError);
    const away = createS3Source(
      { ...minio.settings, endpoint: 'http://127.0.0.1:1' },
      { connectMs: 200, idleMs: 500 },
    );
    await assert.rejects(away(place, { maximumBytes: 100 }), StoreUnreachableError);
  });
});
