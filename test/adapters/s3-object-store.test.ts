import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NotConfiguredError, StoreAccessError, StoreUnreachableError } from '../../adapters/errors.js';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';

const secretAccessKey = 'geheim';

describe('an S3 server that misbehaves', () => {
  let server: Server;
  let asked: number;
  const serve = (listener: RequestListener) =>
    new Promise<ReturnType<typeof createS3ObjectStore>>((resolve) => {
      asked = 0;
      server = createServer((request, response) => {
        asked++;
        listener(request, response);
      }).listen(0, '127.0.0.1', () => {
        const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const credentials = () => Promise.resolve({ accessKeyId: 'key', secretAccessKey });
        const settings = { endpoint, region: 'us-east-1', bucket: 'films', credentials };
        resolve(createS3ObjectStore(settings, { connectMs: 200, idleMs: 200 }));
      });
    });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const refusal = (status: number, code: string): RequestListener => {
    const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>why</Message></Error>`;
    return (_, response) => response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
  };

  it('is given up on when it never answers', async () => {
    const store = await serve(() => undefined);
    await assert.rejects(store.get('k'), (error: Error) => {
      assert.ok(error instanceof StoreUnreachableError);
      assert.match(
        error.message,
        /bucket `films` at http:\/\/127\.0\.0\.1:\d+, got TimeoutError.*streamsage status/,
      );
      return true;
    });
    assert.equal(asked, 3);
  });

  it('is given up on when it stops in the middle of an object', async () => {
    const store = await serve(
      (_, response) => void response.writeHead(200, { 'content-length': 9 }).write('abc'),
    );
    await assert.rejects(store.get('k'), StoreUnreachableError);
  });

  it('is given up on when it cuts an object off', async () => {
    const store = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 9 }).write('abc', () => response.destroy());
    });
    await assert.rejects(store.get('k'), StoreUnreachableError);
  });

  it('is asked again when it is busy', async () => {
    const busy = refusal(503, 'SlowDown');
    const store = await serve((request, response) =>
      asked < 3 ? busy(request, response) : response.end('abc'),
    );
    assert.equal(new TextDecoder().decode(await store.get('k')), 'abc');
  });

  it('is given up on when it stays busy', async () => {
    const store = await serve(refusal(503, 'SlowDown'));
    await assert.rejects(store.get('k'), (error: Error) => {
      assert.ok(error instanceof StoreUnreachableError);
      assert.match(error.message, /SlowDown: why \(HTTP 503\)/);
      return true;
    });
    assert.equal(asked, 3);
  });

  for (const [status, code] of [
    [403, 'AccessDenied'],
    [403, 'InvalidAccessKeyId'],
    [403, 'SignatureDoesNotMatch'],
    [404, 'NoSuchBucket'],
  ] as const) {
    it(`is not asked again when it says ${code}`, async () => {
      const store = await serve(refusal(status, code));
      const works = [
        () => store.get('k'),
        () => store.put('k', Uint8Array.of(1), 'x/y'),
        () => store.list('k'),
        () => store.delete('k'),
      ];
      for (const work of works) {
        await assert.rejects(work, (error: Error) => {
          assert.ok(error instanceof StoreAccessError);
          assert.match(error.message, new RegExp(`bucket \`films\` at http.*${code}.*STREAMSAGE_BUCKET`));
          assert.ok(!error.message.includes(secretAccessKey));
          return true;
        });
      }
      assert.equal(asked, 4);
    });
  }

  it('does not copy what it only says it copied', async () => {
    const body = '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>why</Message></Error>';
    const store = await serve((_, response) =>
      response.writeHead(200, { 'content-type': 'application/xml' }).end(body),
    );
    await assert.rejects(store.copy('a', 'b'), StoreUnreachableError);
  });
});

describe('an S3 store without credentials that can be read', () => {
  it('says so, and not that the store is away', async () => {
    const credentials = () => Promise.reject(new NotConfiguredError('Expected credentials'));
    const store = createS3ObjectStore({
      endpoint: 'http://127.0.0.1:1',
      region: 'x',
      bucket: 'b',
      credentials,
    });
    await assert.rejects(store.get('k'), NotConfiguredError);
  });
});
