import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { download, type Download, type Downloaded } from '../../adapters/download.js';
import { SourceRefusedError, SourceUnreachableError } from '../../adapters/errors.js';
import { fetchUrl } from '../../adapters/url-source.js';

const file = Buffer.from('0123456789');

describe('a download', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Answers the n-th request with the n-th listener, the last of them for ever. Returns the requests' headers. */
  async function serve(...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
    const asked: IncomingMessage['headers'][] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers);
      answers[Math.min(asked.length, answers.length) - 1]!(request, response);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { asked, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`) };
  }
  const fetchFrom = (url: URL, more: Partial<Download> = {}): Promise<Downloaded> =>
    download({
      url,
      ...{ maximumBytes: 1000, pinned: false, privateAllowed: true },
      patience: { backOffMs: 1 },
      ...more,
    });
  const textOf = (got: Downloaded) =>
    got.state === 'fetched' ? new TextDecoder().decode(got.bytes) : got.state;

  /** Sends the first bytes of a file, and hangs up once they have gone. */
  const breaksOff = (headers: Record<string, string>, sent = 4) => {
    return (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { 'content-length': file.length, ...headers });
      response.write(file.subarray(0, sent), () => setTimeout(() => response.destroy(), 20));
    };
  };
  const rest = (from: number, headers: Record<string, string> = {}) => {
    return (_: IncomingMessage, response: ServerResponse) =>
      void response
        .writeHead(206, { 'content-range': `bytes ${from}-9/10`, 'content-length': 10 - from, ...headers })
        .end(file.subarray(from));
  };
  const whole = (headers: Record<string, string> = {}, content: Buffer = file) => {
    return (_: IncomingMessage, response: ServerResponse) =>
      void response.writeHead(200, headers).end(content);
  };

  it('goes on where it broke off, if the file is still the same', async () => {
    for (const [headers, validator] of [
      [{ etag: '"a"', 'last-modified': 'yesterday' }, '"a"'],
      [{ etag: 'W/"a"', 'last-modified': 'yesterday' }, 'yesterday'],
      [{ 'last-modified': 'yesterday' }, 'yesterday'],
    ] as const) {
      const { url, asked } = await serve(breaksOff(headers), rest(4, headers));
      const seen: number[] = [];
      const got = await fetchFrom(url, { onProgress: ({ receivedBytes }) => void seen.push(receivedBytes) });
      assert.equal(textOf(got), '0123456789');
      assert.deepEqual([asked[1]?.range, asked[1]?.['if-range']], ['bytes=4-', validator]);
      assert.deepEqual(seen, [4, 10]);
    }
  });

  it('begins anew where the server cannot go on, or the file has changed', async () => {
    const other = Buffer.from('abcdefghij');
    const cases: [string, (request: IncomingMessage, response: ServerResponse) => void][] = [
      ['it ignores the range', whole({ etag: '"a"' }, other)],
      ['it has a new version', whole({ etag: '"b"' }, other)],
    ];
    for (const [what, answer] of cases) {
      const { url, asked } = await serve(breaksOff({ etag: '"a"' }), answer);
      assert.equal(textOf(await fetchFrom(url)), 'abcdefghij', what);
      assert.equal(asked.length, 2);
    }
    const wrong: [string, (request: IncomingMessage, response: ServerResponse) => void][] = [
      ['another part comes', rest(5, { etag: '"a"' })],
      ['a part of another version comes', rest(4, { etag: '"b"' })],
      ['the part is beyond its end', (_, response) => void response.writeHead(416).end()],
    ];
    for (const [what, answer] of wrong) {
      const { url, asked } = await serve(breaksOff({ etag: '"a"' }), answer, whole({}, other));
      assert.equal(textOf(await fetchFrom(url)), 'abcdefghij', what);
      assert.equal(asked[2]?.range, undefined);
    }
    const { url, asked } = await serve(breaksOff({}), whole({}, other));
    assert.equal(textOf(await fetchFrom(url)), 'abcdefghij', 'it names no version');
    assert.equal(asked[1]?.range, undefined);
  });

  it('asks whether anything has changed, and takes no for an answer', async () => {
    const { url, asked } = await serve(
      (_, response) => void response.writeHead(304).end(),
      whole({ etag: '"b"', 'last-modified': 'today' }),
    );
    const known = { etag: '"a"', lastModified: 'yesterday' };
    assert.equal((await fetchFrom(url, { known })).state, 'unchanged');
    assert.deepEqual([asked[0]?.['if-none-match'], asked[0]?.['if-modified-since']], ['"a"', 'yesterday']);
    const got = await fetchFrom(url, { known });
    assert.ok(got.state === 'fetched');
    assert.deepEqual(got.validators, { etag: '"b"', lastModified: 'today' });
  });

  it('does not believe that nothing has changed where it has not asked', async () => {
    const { url } = await serve((_, response) => void response.writeHead(304).end());
    await assert.rejects(fetchFrom(url), /HTTP 304/);
  });

  it('is tried again a few times where that may help, and at once given up where not', async () => {
    for (const [status, times] of [
      [503, 3],
      [429, 3],
      [404, 1],
      [403, 1],
    ] as const) {
      const { url, asked } = await serve((_, response) => void response.writeHead(status).end());
      await assert.rejects(fetchFrom(url), new RegExp(`HTTP ${status}`));
      assert.equal(asked.length, times, String(status));
    }
    const { url, asked } = await serve(() => undefined);
    await assert.rejects(fetchFrom(url, { patience: { answerMs: 50, backOffMs: 1 } }), /no answer/);
    assert.equal(asked.length, 1);
  });

  it('takes no compressed transfer, and no more than allowed, declared or not', async () => {
    const zipped = await serve(whole({ 'content-encoding': 'gzip' }));
    await assert.rejects(fetchFrom(zipped.url), /expected the file as it is, got it in gzip/);
    const declared = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 1001 }).flushHeaders();
    });
    await assert.rejects(fetchFrom(declared.url), /more than 1000 bytes/);
    const undeclared = await serve((_, response) => {
      response.write(Buffer.alloc(600));
      response.end(Buffer.alloc(600));
    });
    await assert.rejects(fetchFrom(undeclared.url), /more than 1000 bytes/);
    assert.deepEqual(
      [zipped, declared, undeclared].map(({ asked }) => asked.length),
      [1, 1, 1],
    );
  });

  describe('from an address that somebody named', () => {
    const options = { maximumBytes: 1000, patience: { backOffMs: 1, answerMs: 2000 } };

    it('does not reach into this network, by name or by number', async () => {
      const { url, asked } = await serve(whole());
      const { port } = url;
      const hosts = [
        '127.0.0.1',
        'localhost',
        '[::1]',
        '2130706433',
        '0x7f.1',
        '[::ffff:127.0.0.1]',
        '0.0.0.0',
      ];
      for (const host of [...hosts, '10.1.2.3', '169.254.169.254', '192.168.0.1', '[fe80::1]', '[fd00::1]']) {
        await assert.rejects(
          fetchUrl(`http://${host}:${port}/`, { ...options, privateAllowed: false }),
          (error: Error) => {
            assert.ok(error instanceof SourceRefusedError, `${host}: ${error.message}`);
            assert.match(
              error.message,
              /is in this machine or its network.*STREAMSAGE_ALLOW_PRIVATE_SOURCES=true/,
            );
            return true;
          },
        );
      }
      assert.equal(asked.length, 0);
      const got = await fetchUrl(url.href, { ...options, privateAllowed: true });
      assert.equal(textOf(got), '0123456789');
    });

    it('tells what a later try may mend from what it cannot', async () => {
      const { url } = await serve((request, response) => {
        response.writeHead(request.url === '/gone' ? 404 : request.url === '/ftp' ? 302 : 503, {
          location: 'ftp://127.0.0.1/x',
        });
        response.end();
      });
      const from = (path: string) => fetchUrl(new URL(path, url).href, { ...options, privateAllowed: true });
      await assert.rejects(from('/gone'), (error: Error) => {
        assert.ok(error instanceof SourceRefusedError);
        assert.match(
          error.message,
          /^Expected ratings from http:.*\/gone, got: HTTP 404 Not Found\. With a copy/,
        );
        return true;
      });
      await assert.rejects(from('/ftp'), SourceRefusedError);
      await assert.rejects(from('/busy'), SourceUnreachableError);
      await assert.rejects(
        fetchUrl('http://127.0.0.1:1/', { ...options, privateAllowed: true }),
        SourceUnreachableError,
      );
    });
  });
});
