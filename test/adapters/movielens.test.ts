import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SourceUnreachableError } from '../../adapters/errors.js';
import { downloadMovieLens } from '../../adapters/movielens.js';

describe('downloading the archive', () => {
  let server: Server;
  const serve = (listener: RequestListener) =>
    new Promise<string>((resolve) => {
      server = createServer(listener).listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/ml-100k.zip`);
      });
    });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('gives the bytes, and says how far it is', async () => {
    const url = await serve((_, response) => response.setHeader('content-length', 6).end('abcdef'));
    const seen: { receivedBytes: number; totalBytes?: number }[] = [];
    const bytes = await downloadMovieLens({
      urls: [url],
      onProgress: (progress) => void seen.push(progress),
    });
    assert.equal(new TextDecoder().decode(bytes), 'abcdef');
    assert.deepEqual(seen.at(-1), { receivedBytes: 6, totalBytes: 6 });
  });

  it('tries the next source, and names all of them when none gives it', async () => {
    const url = await serve((request, response) => {
      if (request.url?.startsWith('/good')) response.end('ok');
      else response.writeHead(503).end();
    });
    const good = url.replace('/ml', '/good');
    assert.equal(new TextDecoder().decode(await downloadMovieLens({ urls: [url, good] })), 'ok');
    await assert.rejects(downloadMovieLens({ urls: [url, 'http://127.0.0.1:1/x.zip'] }), (error: Error) => {
      assert.ok(error instanceof SourceUnreachableError);
      assert.match(error.message, /ml-100k\.zip: HTTP 503.*127\.0\.0\.1:1\/x\.zip: .*--source path/s);
      return true;
    });
  });

  it('takes no archive that was cut in the middle', async () => {
    const url = await serve((_, response) => {
      response.setHeader('content-length', 1000);
      response.write('abc');
      setTimeout(() => response.destroy(), 20);
    });
    await assert.rejects(downloadMovieLens({ urls: [url] }), SourceUnreachableError);
  });

  it('takes no more than such an archive can have', async () => {
    const url = await serve((_, response) => {
      const chunk = Buffer.alloc(1 << 20);
      const more = () => {
        while (response.writable && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    await assert.rejects(downloadMovieLens({ urls: [url] }), /more than 67108864 bytes/);
  });

  it('ends when it is told to', async () => {
    const url = await serve((_, response) => void response.write('abc'));
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await assert.rejects(downloadMovieLens({ urls: [url], signal: controller.signal }), /enough/);
  });
});
