import assert from 'node:assert/strict';
import {
  ArtifactMissingError,
  InvalidAliasError,
  InvalidArtifactNameError,
  InvalidManifestError,
  RunNotFoundError,
} from '../../artifacts/errors.js';
import { encodeManifest, parseManifest } from '../../artifacts/manifest.js';
import {
  listAliases,
  listRuns,
  publishRun,
  readAlias,
  readManifest,
  readManifestBytes,
  resolveRun,
  runKey,
  writeAlias,
} from '../../artifacts/runs.js';
import { manifestOf } from '../support/manifest.js';
import { MemoryStore } from '../support/memory-store.js';

/** Fails after so many writes. */
class CutStore extends MemoryStore {
  constructor(
    private readonly store: MemoryStore,
    private left: number,
  ) {
    super();
  }

  override put(key: string, bytes: Uint8Array): Promise<void> {
    return this.left-- > 0 ? this.store.put(key, bytes) : Promise.reject(new Error('cut'));
  }

  override copy(from: string, to: string): Promise<boolean> {
    return this.left-- > 0 ? this.store.copy(from, to) : Promise.reject(new Error('cut'));
  }
}

describe('publishing a run', () => {
  it('puts artifacts, manifest and alias in this order', async () => {
    const store = new MemoryStore();
    const manifest = await manifestOf(store, 'run-1', { 'a.txt': 'A', 'tfjs/b.txt': 'B' });
    await publishRun(store, manifest);
    assert.deepEqual(store.puts.slice(-2), ['runs/run-1/manifest.json', 'aliases/latest.json']);
    assert.deepEqual(await readManifest(store, 'run-1'), manifest);
    assert.equal(new TextDecoder().decode(store.objects.get('runs/run-1/tfjs/b.txt')), 'B');
    assert.deepEqual(await listRuns(store), ['run-1']);
  });

  it('leaves no run behind when an artifact is missing', async () => {
    const store = new MemoryStore();
    const manifest = await manifestOf(store, 'run-1', { 'a.txt': 'A', 'b.txt': 'B' });
    store.objects.delete(manifest.artifacts[1]!.key);
    await assert.rejects(publishRun(store, manifest), ArtifactMissingError);
    assert.deepEqual(await listRuns(store), []);
    await assert.rejects(readManifest(store, 'run-1'), RunNotFoundError);
  });

  it('that was cut off anywhere leaves no run, and is mended by doing it again', async () => {
    const whole = new MemoryStore();
    await publishRun(whole, await manifestOf(whole, 'run-1', { 'a.txt': 'A', 'b.txt': 'B' }));
    for (let writes = 0; writes < 4; writes++) {
      const store = new MemoryStore();
      const manifest = await manifestOf(store, 'run-1', { 'a.txt': 'A', 'b.txt': 'B' });
      const failing = new CutStore(store, writes);
      await assert.rejects(publishRun(failing, manifest), /cut/);
      assert.deepEqual(await listRuns(store), writes < 3 ? [] : ['run-1'], `after ${writes} writes`);
      await publishRun(store, manifest);
      assert.deepEqual(store.objects, whole.objects);
    }
  });

  it('twice is the same as once', async () => {
    const store = new MemoryStore();
    const manifest = await manifestOf(store, 'run-1', { 'a.txt': 'A' });
    await publishRun(store, manifest);
    const before = new Map(store.objects);
    await publishRun(store, manifest);
    assert.deepEqual(store.objects, before);
  });
});

describe('the name of a run', () => {
  it('may be an alias or the run itself', async () => {
    const store = new MemoryStore();
    await publishRun(store, await manifestOf(store, 'run-1', {}));
    await publishRun(store, await manifestOf(store, 'run-2', {}));
    assert.equal(await resolveRun(store, 'latest'), 'run-2');
    assert.equal(await resolveRun(store, 'run-1'), 'run-1');
    assert.equal(await resolveRun(store, 'run-3'), 'run-3');
    await assert.rejects(resolveRun(new MemoryStore(), 'latest'), /No run has been published yet/);
  });

  it('is not taken from an alias that was altered, and the next run mends it', async () => {
    const store = new MemoryStore();
    for (const text of ['', '{', '[]', '{"run":1}', '{"run":"../objects"}', '\u001b[2J']) {
      store.objects.set('aliases/latest.json', new TextEncoder().encode(text));
      await assert.rejects(resolveRun(store, 'latest'), InvalidAliasError, text);
    }
    await publishRun(store, await manifestOf(store, 'run-1', {}));
    assert.equal(await resolveRun(store, 'latest'), 'run-1');
  });

  it('may be one that somebody gave it', async () => {
    const store = new MemoryStore();
    assert.equal(await readAlias(store, 'best'), undefined);
    await writeAlias(store, 'best', 'run-1');
    assert.equal(await resolveRun(store, 'best'), 'run-1');
    await assert.rejects(writeAlias(store, '../best', 'run-1'), InvalidArtifactNameError);
    await assert.rejects(writeAlias(store, 'best', '../run-1'), InvalidArtifactNameError);
  });

  for (const name of ['', '..', '../x', 'a/b', '/a', 'a\u001b[0m', 'a b', '.hidden', 'x'.repeat(300)]) {
    it(`is refused: ${JSON.stringify(name.slice(0, 20))}`, async () => {
      await assert.rejects(resolveRun(new MemoryStore(), name), InvalidArtifactNameError);
    });
  }

  it('of a schedule holds the time it was due, which no alias and no artifact may', async () => {
    const store = new MemoryStore();
    const run = 'nightly-2026-11-25T02:00:00Z';
    await publishRun(store, await manifestOf(store, run, { 'a.txt': 'A' }));
    assert.equal(await resolveRun(store, run), run);
    assert.equal(await resolveRun(store, 'latest'), run);
    assert.deepEqual(await listRuns(store), [run]);
    await assert.rejects(writeAlias(store, run, run), InvalidArtifactNameError);
    assert.throws(() => runKey(run, 'a:b'), InvalidArtifactNameError);
    assert.throws(() => runKey(':run', 'a'), InvalidArtifactNameError);
  });

  it('is asked of no object whose own name no alias may have', async () => {
    const store = new MemoryStore();
    await writeAlias(store, 'best', 'run-1');
    for (const name of ['a:b', '.hidden', 'x'.repeat(300), 'a/b'])
      store.objects.set(`aliases/${name}.json`, store.objects.get('aliases/best.json')!);
    assert.deepEqual([...(await listAliases(store))], [['best', 'run-1']]);
  });

  it('and the name of an artifact lead nowhere else', () => {
    for (const name of ['../a', 'a/../b', '/etc/passwd', 'a//b', 'a\\b', '']) {
      assert.throws(() => runKey('run', name), InvalidArtifactNameError, name);
    }
  });
});

describe('a manifest', () => {
  it('comes back as it went in', async () => {
    const manifest = await manifestOf(new MemoryStore(), 'run-1', { 'a.txt': 'A' });
    assert.deepEqual(parseManifest(encodeManifest(manifest)), manifest);
  });

  it('is refused, naming the field, when it is of another format or malformed', async () => {
    const manifest = await manifestOf(new MemoryStore(), 'run-1', { 'a.txt': 'A' });
    const parse = (value: unknown) => parseManifest(new TextEncoder().encode(JSON.stringify(value)));
    for (const formatVersion of [0, 'x', undefined]) {
      assert.throws(() => parse({ ...manifest, formatVersion }), /of format 1, got `formatVersion`/);
    }
    assert.throws(() => parse({ ...manifest, artifacts: [{ name: 'a' }] }), /`artifacts\.0\./);
    assert.throws(() => parseManifest(Uint8Array.of(0xff)), InvalidManifestError);
  });

  it('of a later format names what wrote it, and the way out', async () => {
    const manifest = await manifestOf(new MemoryStore(), 'run-1', { 'a.txt': 'A' });
    const later = {
      ...manifest,
      formatVersion: 2,
      stages: 'told otherwise',
      versions: { streamsage: '3.1.0' },
    };
    const message =
      /of format 1, got format 2, written by StreamSage 3\.1\.0\. Read it with that .*npm run setup/;
    for (const [value, expected] of [
      [later, message],
      [{ formatVersion: 7 }, /got format 7, written by a later StreamSage\. Read it/],
    ] as const) {
      const bytes = new TextEncoder().encode(JSON.stringify(value));
      assert.throws(
        () => parseManifest(bytes),
        (error: Error) => error instanceof InvalidManifestError && expected.test(error.message),
      );
    }
  });

  it('is given byte for byte as it is stored, fields of later versions too', async () => {
    const store = new MemoryStore();
    const manifest = await manifestOf(store, 'run-1', { 'a.txt': 'A' });
    const text = JSON.stringify({ ...manifest, later: true });
    store.objects.set('runs/run-1/manifest.json', new TextEncoder().encode(text));
    const stored = await readManifestBytes(store, 'run-1');
    assert.equal(new TextDecoder().decode(stored.bytes), text);
    assert.deepEqual(stored.manifest, manifest);
  });

  it('of one run is not taken for that of another', async () => {
    const store = new MemoryStore();
    await publishRun(store, await manifestOf(store, 'run-1', {}));
    store.objects.set('runs/run-2/manifest.json', store.objects.get('runs/run-1/manifest.json')!);
    await assert.rejects(readManifest(store, 'run-2'), /manifest of run-2, got the one of "run-1"/);
  });

  it('that names an artifact outside its run is refused', async () => {
    const store = new MemoryStore();
    const manifest = await manifestOf(store, 'run-1', { 'a.txt': 'A' });
    const hostile = { ...manifest, artifacts: [{ ...manifest.artifacts[0]!, name: '../../.profile' }] };
    store.objects.set('runs/run-1/manifest.json', encodeManifest(hostile));
    await assert.rejects(readManifest(store, 'run-1'), InvalidManifestError);
  });
});
