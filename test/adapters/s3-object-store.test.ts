import assert from 'node:assert/strict';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  NotConfiguredError,
  StoreAccessError,
  StoreFullError,
  StoreUnreachableError,
} from '../../adapters/errors.js';
import { awaitBucket, provisionBucket } from '../../adapters/s3-bucket.js';
import { createS3Client, createS3ObjectStore } from '../../adapters/s3-object-store.js';
import type { S3Settings } from '../../adapters/settings.js';

const secretAccessKey = 'geheim';

describe('an S3 server that misbehaves', () => {
  let server: Server;
  let asked: number;
  const serve = async (listener: RequestListener) =>
    createS3ObjectStore(await settingsOf(listener), { connectMs: 200, idleMs: 200 });
  const settingsOf = (listener: RequestListener) =>
    new Promise<S3Settings>((resolve) => {
      asked = 0;
      server = createServer((request, response) => {
        asked++;
        listener(request, response);
      }).listen(0, '127.0.0.1', () => {
        const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const credentials = () => Promise.resolve({ accessKeyId: 'key', secretAccessKey });
        resolve({ endpoint, region: 'us-east-1', bucket: 'films', credentials });
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

  it('is not taken for one without objects when a page answers in its place', async () => {
    const store = await serve((_, response) =>
      response.writeHead(404).end('<!doctype html><title>Sign in</title>'),
    );
    const bytes = Uint8Array.of(1);
    for (const work of [
      () => store.get('k'),
      () => store.read('k', 0),
      () => store.put('k', bytes, 'x/y'),
      () => store.copy('k', 'l'),
      () => store.list('k'),
      () => store.delete('k'),
    ]) {
      await assert.rejects(work(), StoreAccessError, String(work));
    }
  });

  it('is given up on when it never answers', async () => {
    const store = await serve(() => undefined);
    await assert.rejects(store.get('k'), (error: Error) => {
      assert.ok(error instanceof StoreUnreachableError);
      assert.match(
        error.message,
        /bucket `films` at http:\/\/127\.0\.0\.1:\d+, got TimeoutError.*Check AWS_ENDPOINT_URL_S3/,
      );
      return true;
    });
    assert.equal(asked, 3);
  });

  it('of the local stack is looked for there when it is away', async () => {
    const settings = await settingsOf((_, response) => void response.destroy());
    const store = createS3ObjectStore({ ...settings, isLocal: true });
    await assert.rejects(store.get('k'), /Is the store running\? `npx --no-install streamsage status`$/);
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

  it('is full, which no retry mends', async () => {
    const store = await serve(refusal(507, 'XMinioStorageFull'));
    await assert.rejects(store.put('k', Uint8Array.of(1), 'x/y'), (error: Error) => {
      assert.ok(error instanceof StoreFullError);
      assert.match(error.message, /^Expected room in bucket `films` at .*, got XMinioStorageFull: why/);
      return true;
    });
  });

  for (const [status, code] of [
    [403, 'AccessDenied'],
    [403, 'InvalidAccessKeyId'],
    [403, 'SignatureDoesNotMatch'],
    [404, 'NoSuchBucket'],
    [301, 'PermanentRedirect'],
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

  it('lets a worker wait only where that can help', async () => {
    for (const [status, code] of [
      [403, 'SignatureDoesNotMatch'],
      [404, 'NoSuchBucket'],
    ] as const) {
      const settings = await settingsOf(refusal(status, code));
      const refused = awaitBucket(settings, () => assert.fail('it waits'));
      await assert.rejects(refused, (error: Error) => {
        assert.ok(error instanceof StoreAccessError);
        assert.match(error.message, new RegExp(`${code}: why`));
        return true;
      });
      assert.equal(asked, 1);
      server.close();
    }
    const busy = refusal(503, 'SlowDown');
    const reasons: string[] = [];
    const settings = await settingsOf((request, response) =>
      asked < 8 ? busy(request, response) : response.end('<ListBucketResult></ListBucketResult>'),
    );
    await awaitBucket(settings, ({ message }) => void reasons.push(message));
    assert.equal(asked, 8);
    assert.match(reasons.join('\n'), /^Expected an answer from bucket `films`.*SlowDown: why \(HTTP 503\)$/);
  });

  it('says why it refuses to make a bucket', async () => {
    const settings = await settingsOf(refusal(403, 'SignatureDoesNotMatch'));
    await assert.rejects(provisionBucket(settings), /got SignatureDoesNotMatch: why \(HTTP 403\)/);
  });

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

describe('what is sent to an S3 server', () => {
  /** The request as it would go out, signed; nothing goes out. */
  const requestTo = async (place: Pick<S3Settings, 'endpoint' | 'region'>) => {
    const credentials = () => Promise.resolve({ accessKeyId: 'key', secretAccessKey });
    const client = createS3Client({ ...place, bucket: 'films', credentials });
    interface Request {
      readonly protocol: string;
      readonly hostname: string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
    }
    let sent: Request | undefined;
    client.middlewareStack.add(
      () => (args) => {
        sent = args.request as Request;
        return Promise.resolve({ output: { $metadata: {} }, response: {} });
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    await client.send(new PutObjectCommand({ Bucket: 'films', Key: 'a/b c', Body: Uint8Array.of(1) }));
    const { protocol, hostname, path, headers } = sent!;
    return { url: `${protocol}//${hostname}${path}`, headers };
  };

  it('names the bucket in the host at AWS itself, in the region that is set, and signs for it', async () => {
    const { url, headers } = await requestTo({ region: 'eu-central-1' });
    assert.equal(url, 'https://films.s3.eu-central-1.amazonaws.com/a/b%20c');
    assert.match(headers['authorization']!, /Credential=key\/\d{8}\/eu-central-1\/s3\/aws4_request/);
  });

  it('names the bucket in the path at any other, and sends no checksum that it may not know', async () => {
    const { url, headers } = await requestTo({ endpoint: 'https://s3.example', region: 'auto' });
    assert.equal(url, 'https://s3.example/films/a/b%20c');
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.includes('checksum')),
      [],
    );
  });
});
