import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SourceUnreachableError, WrongContentError } from '../../adapters/errors.js';
import { downloadMovieLens as downloadFrom, type MovieLensDownload } from '../../adapters/movielens.js';

const patience = { backOffMs: 1 };

/** Takes whatever comes. */
function downloadMovieLens({
  urls,
  ...options
}: { urls: readonly string[] } & Partial<MovieLensDownload<Uint8Array>>) {
  return downloadFrom({
    sources: urls.map((url) => ({ url })),
    accept: (file) => Promise.resolve(file),
    patience,
    ...options,
  }).then(({ content }) => content);
}

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

  it('passes over a source whose content is not accepted, and says who gave what was', async () => {
    const url = await serve((request, response) => void response.end(request.url?.slice(1)));
    const source = (name: string) => ({ name, url: new URL(`/${name}`, url).href });
    const accept = (file: Uint8Array, name: string) =>
      new TextDecoder().decode(file) === 'good'
        ? Promise.resolve(name)
        : Promise.reject(new Error(`altered ${name}`));
    const { host } = new URL(url);
    const copy = await downloadFrom({ sources: [source('bad'), source('good')], accept });
    assert.deepEqual(copy, { content: 'good', from: `good (${host})`, bytes: 4, warnings: [] });
    await assert.rejects(
      downloadFrom({ sources: [source('bad'), source('worse')], accept }),
      (error: Error) => {
        assert.ok(error instanceof WrongContentError);
        assert.match(
          error.message,
          /bad http:.*\/bad: altered bad; worse .*\/worse: altered worse\. With a copy/,
        );
        return true;
      },
    );
    // One that was not reached may have the right one.
    const away = { name: 'away', url: 'http://127.0.0.1:1/x' };
    await assert.rejects(
      downloadFrom({ sources: [source('bad'), away], accept, patience }),
      SourceUnreachableError,
    );
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

  it('follows redirects, but not for ever', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/moved') response.end('ok');
      else response.writeHead(302, { location: request.url === '/loop' ? '/loop' : '/moved' }).end();
    });
    assert.equal(new TextDecoder().decode(await downloadMovieLens({ urls: [url] })), 'ok');
    const loop = new URL('/loop', url).href;
    await assert.rejects(downloadMovieLens({ urls: [loop] }), /loop: more than 5 redirects/);
  });

  it('waits neither for a source that does not answer nor for one that stops', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/stops') response.write('abc');
    });
    const urls = [url, new URL('/stops', url).href];
    await assert.rejects(
      downloadMovieLens({ urls, patience: { answerMs: 100, idleMs: 150, tries: 1 } }),
      /ml-100k\.zip: no answer for 0\.1 s; .*stops: nothing came for 0\.15 s/,
    );
  });

  it('waits for one that is slow, as long as something comes', async () => {
    const url = await serve((_, response) => {
      let sent = 0;
      const timer = setInterval(() => {
        response.write('x');
        if (++sent === 8) {
          clearInterval(timer);
          response.end();
        }
      }, 50);
    });
    const bytes = await downloadMovieLens({ urls: [url], patience: { answerMs: 300, idleMs: 300 } });
    assert.equal(bytes.length, 8);
  });

  it('hangs up on a source that refuses at length', async () => {
    let closed: Promise<unknown> | undefined;
    const url = await serve((_, response) => {
      closed = once(response, 'close', { signal: AbortSignal.timeout(2000) });
      response.writeHead(404).write('sorry');
    });
    await assert.rejects(downloadMovieLens({ urls: [url] }), /HTTP 404/);
    await closed;
  });

  it('asks nothing of other addresses than http, and shows no secret in them', async () => {
    const urls = [
      'file:///etc/passwd',
      'http://user:geheim@127.0.0.1:1/a.zip',
      'http://127.0.0.1:1/b.zip?token=geheim',
      'geheim',
    ];
    await serve(() => assert.fail('asked'));
    await assert.rejects(downloadMovieLens({ urls }), (error: Error) => {
      assert.ok(error instanceof SourceUnreachableError);
      assert.match(error.message, /file:\/\/\/etc\/passwd: expected http/);
      assert.match(error.message, /127\.0\.0\.1:1\/a\.zip: expected no user name/);
      assert.match(error.message, /127\.0\.0\.1:1\/b\.zip: /);
      assert.doesNotMatch(error.message, /geheim/);
      return true;
    });
  });

  it('ends when it is told to', async () => {
    const url = await serve((_, response) => void response.write('abc'));
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await assert.rejects(downloadMovieLens({ urls: [url], signal: controller.signal }), /enough/);
  });
});
