import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { StoreUnreachableError } from '../../adapters/errors.js';
import { encodeManifest } from '../../artifacts/manifest.js';
import { publishRun } from '../../artifacts/runs.js';
import { checkOutput, fetchRun } from '../../cli/fetch-artifacts.js';
import { exitCodeOf, exitCodes, UsageError } from '../../cli/exit-codes.js';
import { manifestOf } from '../support/manifest.js';
import { MemoryStore } from '../support/memory-store.js';
import { skipWithout } from '../support/missing.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('a folder for artifacts', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'streamsage-output-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('may be one that is still to be made, and checking makes nothing', async () => {
    await checkOutput(join(folder, 'a', 'b'));
    await checkOutput(folder);
    assert.deepEqual(await readdir(folder), []);
  });

  it('is no file, and lies in none', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const path of ['file', 'file/below']) {
      await assert.rejects(checkOutput(join(folder, path)), (error: Error) => {
        assert.ok(error instanceof UsageError);
        assert.match(
          error.message,
          /^Expected `--output` to be a folder that can be written.*file is a file$/,
        );
        return true;
      });
    }
  });

  it('is not one that may only be read', async function () {
    this.timeout(60_000);
    const locked = join(folder, 'locked');
    await mkdir(locked);
    await chmod(locked, 0o555);
    if (process.getuid?.() !== 0) {
      await assert.rejects(checkOutput(join(locked, 'new')), /EACCES/);
      return;
    }
    // Root may write anywhere, unless it gives that up.
    const run = (words: string[]) =>
      promisify(execFile)('setpriv', ['--bounding-set=-dac_override', ...words], { cwd: root });
    await run(['true']).catch(() => skipWithout(this, 'setpriv'));
    const code = `
      const { checkOutput } = await import('./cli/fetch-artifacts.ts');
      await checkOutput(${JSON.stringify(join(locked, 'new'))}).catch(({ message }) => console.log(message));`;
    const tsx = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', code];
    assert.match((await run(tsx)).stdout, /EACCES/);
  });

  /** Runs the code on a small file system of its own, full or read-only. */
  async function onFileSystem(context: Mocha.Context, options: string, code: string): Promise<string> {
    const script = `mount -t tmpfs -o ${options} tmpfs ${folder} && exec "$@"`;
    const run = promisify(execFile);
    const shell = (words: string[]) =>
      run('unshare', ['-rm', 'sh', '-c', script, 'sh', ...words], { cwd: root });
    await shell(['true']).catch(() => skipWithout(context, 'the right to mount (unshare)'));
    const { stdout } = await shell([process.execPath, '--import', 'tsx', '--input-type=module', '-e', code]);
    return stdout;
  }
  const shown = (call: string) => `
    const { fetchRun, checkOutput } = await import('./cli/fetch-artifacts.ts');
    const { publishRun } = await import('./artifacts/runs.ts');
    const { MemoryStore } = await import('./test/support/memory-store.ts');
    const { manifestOf } = await import('./test/support/manifest.ts');
    const { readdir } = await import('node:fs/promises');
    const [folder, store] = [${JSON.stringify(folder)}, new MemoryStore()];
    await publishRun(store, await manifestOf(store, 'run', { large: 'x'.repeat(1 << 20) }));
    await (${call}).catch(({ name, message }) => console.log(name + ': ' + message.replaceAll(folder, '{folder}')));
    console.log((await readdir(folder, { recursive: true })).join());`;

  it('that is on a read-only file system is refused beforehand', async function () {
    this.timeout(60_000);
    const said = await onFileSystem(this, 'ro,size=64k', shown("checkOutput(folder + '/runs')"));
    assert.match(
      said,
      /^UsageError: Expected `--output` .* got \{folder\}\/runs: EROFS: read-only file system/,
    );
  });

  it('that is full leaves no part of a file', async function () {
    this.timeout(60_000);
    const call = "fetchRun(store, 'run', ['large'], folder, { note() {}, result() {} })";
    const [said, left] = (await onFileSystem(this, 'size=64k', shown(call))).split('\n');
    assert.match(
      said!,
      /^FolderFullError: There is no room .* \{folder\}\/run: ENOSPC: no space left on device/,
    );
    assert.equal(left, 'run');
  });
});

/** Readings break off after so many bytes. */
class BreakingStore extends MemoryStore {
  breaksAfter = Infinity;

  protected override async *inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    let sent = 0;
    for await (const piece of super.inPieces(bytes)) {
      if ((sent += piece.length) > this.breaksAfter) throw new StoreUnreachableError('cut');
      yield piece;
    }
  }
}

describe('fetching artifacts', () => {
  const text = Array.from({ length: 5000 }, (_, index) => String(index % 10)).join('');
  let folder: string;
  let store: BreakingStore;
  let notes: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamsage-fetch-'));
    store = new BreakingStore();
    notes = [];
    await publishRun(store, await manifestOf(store, 'run', { 'a.txt': 'A', 'tfjs/large': text }));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const get = (...names: string[]) =>
    fetchRun(store, 'run', names, folder, { result: () => undefined, note: (line) => void notes.push(line) });
  const inside = (...names: string[]) => join(folder, 'run', ...names);
  /** Files and links in the folder, and below it. */
  const left = async () =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  const firstBytes = () => store.reads.map(([, from]) => from);

  async function breakOff(after: number) {
    store.breaksAfter = after;
    await assert.rejects(get('tfjs/large'), StoreUnreachableError);
    store.breaksAfter = Infinity;
    store.reads.length = 0;
  }

  it('goes on from what came before it broke off, and fetches nothing twice', async () => {
    await breakOff(3500);
    assert.deepEqual(await left(), ['.large.partial']);
    assert.equal(await readFile(inside('tfjs', '.large.partial'), 'utf8'), text.slice(0, 3000));
    assert.match(notes.at(-1)!, /^tfjs\/large: broken off\. `.* artifacts get` goes on/);
    await get();
    assert.deepEqual(firstBytes().sort(), [0, 3000]);
    assert.ok(notes.includes('tfjs/large: goes on after 3.0 kB of 5.0 kB'), notes.join('\n'));
    assert.equal(await readFile(inside('tfjs', 'large'), 'utf8'), text);
    assert.deepEqual(await left(), ['a.txt', 'large', 'manifest.json']);
    store.reads.length = 0;
    await get();
    assert.deepEqual(store.reads, []);
  });

  it('asks for nothing where all of it came', async () => {
    await mkdir(inside('tfjs'), { recursive: true });
    await writeFile(inside('tfjs', '.large.partial'), text);
    await get('tfjs/large');
    assert.deepEqual(store.reads, []);
    assert.equal(await readFile(inside('tfjs', 'large'), 'utf8'), text);
  });

  it('starts anew where what is there is of something else', async () => {
    for (const [other, reads] of [
      ['x'.repeat(3000), [3000, 0]],
      ['x'.repeat(5000), [0]],
      ['x'.repeat(5001), [0]],
      ['', [0]],
    ] as const) {
      await mkdir(inside('tfjs'), { recursive: true });
      await rm(inside('tfjs', 'large'), { force: true });
      await writeFile(inside('tfjs', '.large.partial'), other);
      store.reads.length = 0;
      await get('tfjs/large');
      assert.deepEqual(firstBytes(), reads, `${other.length}`);
      assert.equal(await readFile(inside('tfjs', 'large'), 'utf8'), text);
      assert.deepEqual(await left(), ['large']);
    }
    await writeFile(inside('tfjs', 'large'), 'y'.repeat(5000));
    await get('tfjs/large');
    assert.equal(await readFile(inside('tfjs', 'large'), 'utf8'), text);
  });

  it('leaves nothing of an object that was altered, cut short, lengthened or deleted', async () => {
    const { key } = (await manifestOf(store, 'run', { large: text })).artifacts[0]!;
    for (const [damaged, name] of [
      ['z'.repeat(5000), 'ArtifactCorruptError'],
      [text.slice(0, 4000), 'ArtifactCorruptError'],
      [`${text}0`, 'ArtifactCorruptError'],
      [undefined, 'ArtifactMissingError'],
    ] as const) {
      for (const partial of ['', text.slice(0, 4500)]) {
        if (damaged === undefined) store.objects.delete(key);
        else store.objects.set(key, new TextEncoder().encode(damaged));
        await rm(inside(), { recursive: true, force: true });
        await mkdir(inside('tfjs'), { recursive: true });
        await writeFile(inside('tfjs', '.large.partial'), partial);
        // The bytes that are there and the rest may make the right ones: then they are.
        if (partial !== '' && damaged === `${text}0`) continue;
        await assert.rejects(get('tfjs/large'), { name });
        // What came of a deleted object may be all there is of it.
        assert.deepEqual(await left(), partial !== '' && damaged === undefined ? ['.large.partial'] : []);
      }
    }
  });

  it('an artifact may be empty', async () => {
    await publishRun(store, await manifestOf(store, 'run', { empty: '' }));
    await get('empty');
    assert.equal(await readFile(inside('empty'), 'utf8'), '');
  });

  it("a manifest's names lead nowhere else", async () => {
    const manifest = await manifestOf(store, 'run', { 'a.txt': 'A' });
    for (const name of [
      '../x',
      'a/../../x',
      '/tmp/x',
      'a\nb',
      '\u001b[2Jx',
      'a//b',
      '.a.txt.partial',
      '',
      'a\\b',
    ]) {
      const artifacts = [...manifest.artifacts, { ...manifest.artifacts[0]!, name }];
      await store.put('runs/run/manifest.json', encodeManifest({ ...manifest, artifacts }));
      await assert.rejects(get(), (error: Error) => {
        assert.equal(error.name, 'InvalidManifestError', name);
        assert.equal(exitCodeOf(error), exitCodes.failed);
        // eslint-disable-next-line no-control-regex
        assert.doesNotMatch(error.message, /[\u0000-\u001f]/);
        return true;
      });
      assert.deepEqual(await left(), []);
    }
  });

  it('links in the folder are not followed, and nothing is written where there is one', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'streamsage-outside-'));
    try {
      await writeFile(join(outside, 'file'), 'mine');
      const cases = [
        [['run'], outside],
        [['run', 'tfjs'], outside],
        [['run', 'tfjs', 'large'], join(outside, 'file')],
        [['run', 'tfjs', '.large.partial'], join(outside, 'file')],
        [['run', 'tfjs', '.large.partial'], join(outside, 'new')],
        [['run', 'manifest.json'], join(outside, 'file')],
        [['run', '.manifest.json.partial'], join(outside, 'new')],
      ] as const;
      for (const [words, to] of cases) {
        const place = join(folder, ...words);
        await mkdir(join(place, '..'), { recursive: true });
        await symlink(to, place);
        await refused(place, 'a symbolic link');
        assert.deepEqual(await left(), [words.at(-1)]);
        assert.deepEqual(await readdir(outside), ['file']);
        assert.equal(await readFile(join(outside, 'file'), 'utf8'), 'mine');
        await rm(join(folder, 'run'), { recursive: true });
      }
      await mkdir(inside('tfjs'), { recursive: true });
      await link(join(outside, 'file'), inside('tfjs', '.large.partial'));
      await refused(inside('tfjs', '.large.partial'), 'a file that has another name, too');
      assert.equal(await readFile(join(outside, 'file'), 'utf8'), 'mine');
      // The folder itself is the caller's choice.
      const way = join(outside, 'way');
      await symlink(await mkdtemp(join(folder, 'to-')), way);
      await fetchRun(store, 'run', [], way, { result: () => undefined, note: () => undefined });
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it('nor does a folder stand for a file, or a file for a folder', async () => {
    await mkdir(inside('tfjs', 'large'), { recursive: true });
    await refused(inside('tfjs', 'large'), 'a folder');
    await rm(inside('tfjs'), { recursive: true });
    await writeFile(inside('tfjs'), '');
    await refused(inside('tfjs'), 'a file');
    assert.deepEqual(await left(), ['tfjs']);
  });

  async function refused(place: string, got: string) {
    await assert.rejects(get(), (error: Error) => {
      assert.equal(error.name, 'UnsafePlaceError');
      assert.ok(error.message.includes(`Expected ${place} to be`), error.message);
      assert.ok(error.message.includes(`got ${got}: nothing was written`), error.message);
      assert.equal(exitCodeOf(error), exitCodes.failed);
      return true;
    });
  }
});
