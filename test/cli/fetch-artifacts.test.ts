import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkOutput } from '../../cli/fetch-artifacts.js';
import { UsageError } from '../../cli/exit-codes.js';
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
      /^UsageError: Expected `--output` .* got \{folder\}\/run: ENOSPC: no space left on device/,
    );
    assert.equal(left, 'run');
  });
});
