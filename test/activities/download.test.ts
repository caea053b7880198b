import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { download, type RatingsSources, type SourceQuestion } from '../../activities/download.js';
import type { Downloaded } from '../../adapters/download.js';
import { sha256 } from '../../artifacts/content.js';
import { resolveParameters } from '../../predictor/config.js';
import type { Source, StageOutcome } from '../../workflows/contract.js';
import { nonRetryableErrors } from '../../workflows/failures.js';
import { MemoryStore } from '../support/memory-store.js';
import { noSources } from '../support/sources.js';
import { zipFile } from '../support/zip-file.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const first = bytesOf('1\t1\t1\t1\n');
const second = bytesOf('2\t2\t2\t2\n');
const url = 'https://example.org/data/ratings.txt';

describe('the download stage', () => {
  let store: MemoryStore;
  let warned: string[];
  beforeEach(() => {
    store = new MemoryStore();
    warned = [];
  });

  function run(
    name: string,
    source: Source,
    sources: Partial<RatingsSources>,
    refresh = false,
  ): Promise<StageOutcome<'ratings'>> {
    const logger = new DefaultLogger('WARN', ({ message }) => void warned.push(message));
    const request = { run: name, parameters: resolveParameters(), refresh, source };
    const environment = new MockActivityEnvironment({}, { logger });
    return environment.run(
      (asked: typeof request) => download(store, { ...noSources, ...sources }, asked),
      request,
    );
  }

  /** A web server with one file, its version named by its content. */
  function serverOf(content: Uint8Array) {
    const asked: (string | undefined)[] = [];
    const etag = `"${sha256(content).slice(0, 8)}"`;
    const fetchUrl = (_: string, { known }: SourceQuestion): Promise<Downloaded> => {
      asked.push(known?.etag);
      return Promise.resolve(
        known?.etag === etag
          ? { state: 'unchanged', warnings: [] }
          : { state: 'fetched', bytes: content, validators: { etag, lastModified: 'today' }, warnings: [] },
      );
    };
    return { asked, etag, fetchUrl };
  }

  it('asks an address each time, and transfers nothing where nothing has changed', async () => {
    const server = serverOf(first);
    const source = { kind: 'url', url } as const;
    const a = await run('a', source, server);
    assert.equal(a.result, 'miss');
    assert.deepEqual(a.facts, { from: url, bytes: 8, received: 8 });
    const b = await run('b', source, server);
    assert.equal(b.result, 'hit');
    assert.deepEqual(b.outputs, a.outputs);
    assert.equal(b.key, a.key);
    assert.deepEqual(b.facts, { from: url, bytes: 8, received: 0, changed: 'no' });
    assert.deepEqual(server.asked, [undefined, server.etag]);
  });

  it('says that the ratings have changed, and whether', async () => {
    const source = { kind: 'url', url } as const;
    await run('a', source, serverOf(first));
    const b = await run('b', source, serverOf(second));
    assert.equal(b.result, 'miss');
    assert.equal(b.facts['changed'], 'yes');
    assert.equal(b.outputs.ratings.sha256, sha256(second));
    // Another archive of the same ratings is no change.
    const c = await run('c', source, serverOf(zipFile([{ name: 'u.data', content: second }])));
    assert.equal(c.facts['changed'], 'no');
    assert.equal(c.result, 'hit');
    // Back to the first: they are in the store, and yet a change.
    const d = await run('d', source, serverOf(first));
    assert.equal(d.facts['changed'], 'yes');
  });

  it('says the same when a lost attempt of the run had fetched them already', async () => {
    const source = { kind: 'url', url } as const;
    await run('a', source, serverOf(first));
    const server = serverOf(second);
    assert.equal((await run('b', source, server)).facts['changed'], 'yes');
    const again = await run('b', source, server);
    assert.equal(again.facts['changed'], 'yes');
    assert.equal(again.facts['received'], 0);
    assert.equal((await run('c', source, server)).facts['changed'], 'no');
  });

  it('asks as for the first time when it is told to, or the store has lost the ratings or its memory', async () => {
    const source = { kind: 'url', url } as const;
    const server = serverOf(first);
    const { outputs } = await run('a', source, server);
    assert.equal((await run('b', source, server, true)).facts['received'], 8);
    store.objects.delete(outputs.ratings.key);
    assert.equal((await run('c', source, server)).facts['received'], 8);
    for (const key of store.objects.keys()) {
      if (key.startsWith('sources/')) store.objects.set(key, bytesOf('{"address":"elsewhere"}'));
    }
    assert.equal((await run('d', source, server)).facts['received'], 8);
    assert.deepEqual(server.asked, [undefined, undefined, undefined, undefined]);
  });

  it('keeps nothing of what is no archive of ratings', async () => {
    const source = { kind: 'url', url } as const;
    const server = serverOf(zipFile([{ name: 'README', content: 'x' }]));
    await assert.rejects(run('a', source, server), /u\.data in ratings\.txt, got "README"/);
    assert.deepEqual(store.puts, []);
  });

  it('asks a bucket in the same way', async () => {
    const source = { kind: 's3', bucket: 'data', key: 'a/u.data' } as const;
    const { asked, fetchUrl } = serverOf(first);
    const fetchS3: RatingsSources['fetchS3'] = (place, question) => {
      assert.deepEqual([place.bucket, place.key], ['data', 'a/u.data']);
      return fetchUrl('', question);
    };
    assert.equal((await run('a', source, { fetchS3 })).facts['from'], 's3://data/a/u.data');
    assert.equal((await run('b', source, { fetchS3 })).facts['changed'], 'no');
    assert.equal(asked.length, 2);
  });

  it('does not use an address that carries a secret, or a source of no kind, and does not try again', async () => {
    for (const source of [
      { kind: 'url', url: 'https://me:geheim@example.org/x' },
      { kind: 'url', url: 'https://example.org/x?token=geheim' },
      { kind: 'url', url: 'file:///etc/passwd' },
      { kind: 's3', bucket: '../etc', key: 'x' },
      { kind: 'tape' },
    ] as Source[]) {
      await assert.rejects(run('a', source, {}), (error: Error) => {
        assert.ok(nonRetryableErrors.includes(error.name), error.name);
        assert.equal(error.name, 'InvalidSourceError');
        assert.doesNotMatch(error.message, /geheim/);
        return true;
      });
    }
    assert.deepEqual(store.puts, []);
  });

  it('takes MovieLens only as it was published, once, and passes warnings on', async () => {
    const source = { kind: 'movielens-100k' } as const;
    const from = 'mirror (example.org)';
    const giving = (file: Uint8Array): Partial<RatingsSources> => ({
      movielensSha256: sha256(first),
      fetchMovieLens: async (accept) => ({
        content: await accept(file, 'ml-100k.zip'),
        ...{ from, bytes: file.length, warnings: ['its certificate has expired'] },
      }),
    });
    await assert.rejects(run('a', source, giving(second)), {
      name: 'WrongContentError',
      message: /\), got 8 bytes with SHA-256 [0-9a-f]{64}: the copy was altered/,
    });
    const a = await run('b', source, giving(first));
    assert.deepEqual(a.facts, { from, bytes: 8, received: 8, warning: 'its certificate has expired' });
    assert.equal(warned.at(-1), 'its certificate has expired');
    const b = await run('c', source, { movielensSha256: sha256(first) });
    assert.deepEqual(b.facts, { from, bytes: 8, received: 0, changed: 'no' });
  });
});
