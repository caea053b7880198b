import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { signLink } from '../../adapters/s3-link.js';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';
import { sha256 } from '../../artifacts/content.js';
import type { Manifest } from '../../artifacts/manifest.js';
import { publishRun } from '../../artifacts/runs.js';
import { main } from '../../cli/main.js';
import { manifestOf } from '../support/manifest.js';
import { startS3Proxy } from '../support/s3-proxy.js';
import { type S3Server, s3Environment, startS3Server } from '../support/s3-server.js';

describe('a link to an artifact', () => {
  let server: S3Server;
  let manifest: Manifest;
  const environment = { ...process.env };
  before(async function () {
    server = await startS3Server(this);
    const store = createS3ObjectStore(server.settings);
    manifest = await manifestOf(store, 'run-1', { 'model.h5': 'a model', 'tfjs/model.json': '{}' });
    await publishRun(store, manifest);
    // Nothing is asked of Temporal about a run that has been published.
    Object.assign(process.env, await s3Environment(server), { STREAMSAGE_STATE: '/nowhere' });
  });
  after(async () => {
    process.env = environment;
    await (server as S3Server | undefined)?.stop();
  });

  async function streamsage(...words: string[]) {
    const [results, notes]: [string[], string[]] = [[], []];
    const code = await main(words, {
      result: (line) => void results.push(line),
      note: (line) => void notes.push(line),
    });
    return { code, result: results.join('\n'), notes: notes.join('\n') };
  }

  it('gives its bytes to whoever has it, under its name', async () => {
    for (const { name, sha256: digest } of manifest.artifacts) {
      const { code, result, notes } = await streamsage('artifacts', 'url', 'latest', name);
      assert.equal(code, 0, notes);
      const response = await fetch(result);
      assert.equal(response.status, 200);
      assert.equal(sha256(new Uint8Array(await response.arrayBuffer())), digest);
      const file = name.split('/').at(-1)!;
      assert.equal(response.headers.get('content-disposition'), `attachment; filename="${file}"`);
      assert.match(
        notes,
        /^Whoever has this link can read this one object, and nothing else, until 2\d{3}-.*Z$/m,
      );
      assert.match(notes, /^Only this machine reaches 127\.0\.0\.1:\d+\. For others: --public-url/m);
    }
    const { result } = await streamsage('artifacts', 'url', 'run-1', 'manifest.json');
    assert.deepEqual(await (await fetch(result)).json(), manifest);
  });

  it('is good for an hour, or as long as asked for', async () => {
    for (const [words, seconds] of [
      [[], 3600],
      [['--expires', '7d'], 604_800],
    ] as const) {
      const made = Date.now();
      const { result } = await streamsage('artifacts', 'url', 'run-1', 'model.h5', '--json', ...words);
      const { url, expires } = JSON.parse(result) as { url: string; expires: string };
      assert.equal(new URL(url).searchParams.get('X-Amz-Expires'), String(seconds));
      const late = (Date.parse(expires) - made) / 1000 - seconds;
      assert.ok(late > -1.001 && late < 5, `${late}`);
      assert.equal((await fetch(url)).status, 200);
    }
  });

  it('is refused once it has expired', async () => {
    const { result } = await streamsage('artifacts', 'url', 'run-1', 'model.h5', '--expires', '1s', '--json');
    const { url, expires } = JSON.parse(result) as { url: string; expires: string };
    await sleep(Date.parse(expires) - Date.now() + 1100);
    const response = await fetch(url);
    assert.equal(response.status, 403);
    assert.doesNotMatch(await response.text(), /a model/);
  });

  it('is refused with any part altered, and writes nothing', async () => {
    const { result } = await streamsage('artifacts', 'url', 'run-1', 'model.h5');
    const url = new URL(result);
    const other = manifest.artifacts[1]!;
    const altered = [
      result.replace(url.pathname, `/${server.settings.bucket}/${other.key}`),
      result.replace('X-Amz-Expires=3600', 'X-Amz-Expires=3601'),
      result.replace(/X-Amz-Signature=(.)/, (_, first) => `X-Amz-Signature=${first === '0' ? '1' : '0'}`),
      result.replace('model.h5', 'model.h6'),
    ];
    for (const link of altered) {
      assert.notEqual(link, result);
      assert.equal((await fetch(link)).status, 403, link);
    }
    for (const method of ['PUT', 'DELETE']) assert.equal((await fetch(url, { method })).status, 403, method);
    assert.equal((await fetch(result)).status, 200);
  });

  it('is signed for the address at which others reach the store', async () => {
    const proxy = await startS3Proxy(server.settings.endpoint);
    try {
      const words = ['artifacts', 'url', 'run-1', 'model.h5', '--public-url'];
      const { result } = await streamsage(...words, proxy.endpoint);
      assert.ok(result.startsWith(`${proxy.endpoint}/${server.settings.bucket}/`), result);
      assert.equal(await (await fetch(result)).text(), 'a model');
      // The proxy passes on any host; the store checks which was signed.
      const plain = await streamsage(...words.slice(0, -1));
      const moved = plain.result.replace(server.settings.endpoint, proxy.endpoint);
      assert.equal((await fetch(moved)).status, 403);
      const far = await streamsage(...words, 'https://store.example.com');
      assert.ok(far.result.startsWith('https://store.example.com/streamsage/'));
      assert.doesNotMatch(far.notes, /Only this machine/);
    } finally {
      await proxy.close();
    }
  });

  it('ends with the credentials that signed it', async () => {
    const own = await server.settings.credentials();
    const expiration = new Date(Date.now() + 60_000);
    const lent = { ...server.settings, credentials: () => Promise.resolve({ ...own, expiration }) };
    const { expires } = await signLink(lent, 'runs/run-1/model.h5', { seconds: 3600, fileName: 'model.h5' });
    assert.deepEqual(expires, expiration);
  });

  it('is made for nothing that is not there', async () => {
    const unknown = await streamsage('artifacts', 'url', 'run-1', 'lunch');
    assert.equal(unknown.code, 2);
    assert.match(unknown.notes, /no artifact `lunch`: expected model\.h5, tfjs\/model\.json, manifest\.json/);
    const store = createS3ObjectStore(server.settings);
    await publishRun(store, await manifestOf(store, 'run-2', { gone: 'gone' }));
    const { key } = (await manifestOf(store, 'run-2', { gone: 'gone' })).artifacts[0]!;
    await store.delete(key);
    const missing = await streamsage('artifacts', 'url', 'run-2', 'gone');
    assert.equal(missing.code, 1);
    assert.match(missing.notes, /Expected 4 bytes of gone at objects\/.*got none.*artifacts verify/s);
    assert.equal(missing.result, '');
    // A manifest that somebody has altered makes nobody sign a link to another object.
    const hostile = await manifestOf(store, 'run-3', { a: 'a' });
    const artifacts = hostile.artifacts.map((artifact) => ({ ...artifact, key: 'runs/run-1/model.h5' }));
    await publishRun(store, { ...hostile, artifacts });
    const lured = await streamsage('artifacts', 'url', 'run-3', 'a');
    assert.deepEqual([lured.code, lured.result], [1, '']);
    assert.match(lured.notes, /Expected a reference to `objects\/sha256\/…`/);
  });
});
