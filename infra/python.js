/**
 * The Python environments of tests and benchmarks: virtual environments in the cache, named by the digest of their
 * requirements, made once. `node infra/python.js` makes the tests' and prints its interpreter. The pipeline itself
 * needs no Python.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from './cache.js';

const run = promisify(execFile);
/** What tests compare with, and the benchmarks of preprocessing and of Keras. */
const testRequirements = fileURLToPath(new URL('../test/python/requirements.txt', import.meta.url));

/** @returns {Promise<string | undefined>} a `python3` on PATH that can make virtual environments */
async function findPython() {
  for (const name of ['python3.12', 'python3.11', 'python3.13', 'python3.10', 'python3']) {
    try {
      const { stdout } = await run(name, [
        '-c',
        'import sys, venv, ensurepip; print(sys.version_info >= (3, 10))',
      ]);
      if (stdout.trim() === 'True') return name;
    } catch {
      // not on PATH, or without venv: the next one
    }
  }
  return undefined;
}

/**
 * Makes the environment if it is not there. An interrupted attempt leaves nothing under the final name.
 * @param {string} [requirements] a requirements file; what a `….no-deps.txt` beside it lists is installed, too, without
 * what it asks for
 * @param {() => void} [onInstall] called before it fetches anything
 * @returns {Promise<string | undefined>} its interpreter; undefined where there is no Python
 * @throws {Error} with pip's words if it cannot install them
 */
export async function ensurePython(requirements = testRequirements, onInstall = () => undefined) {
  const alone = requirements.replace(/\.txt$/, '.no-deps.txt');
  const hash = createHash('sha256').update(await readFile(requirements));
  if (existsSync(alone)) hash.update(await readFile(alone));
  const folder = join(cacheFolder(), 'python', hash.digest('hex').slice(0, 12));
  const ready = join(folder, 'ready');
  const interpreter = join(folder, 'bin', 'python');
  if (existsSync(ready)) return interpreter;
  const python = await findPython();
  if (!python) return undefined;
  onInstall();
  // A virtual environment knows its own path, so it is made in place and marked when it is whole.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run(python, ['-m', 'venv', folder]);
  await pipInstall(interpreter, requirements);
  if (existsSync(alone)) await pipInstall(interpreter, alone, '--no-deps');
  await rm(`${ready}.partial`, { force: true });
  await mkdir(`${ready}.partial`);
  await rename(`${ready}.partial`, ready);
  return interpreter;
}

/**
 * @param {string} interpreter
 * @param {string} requirements
 * @param {string[]} options
 */
async function pipInstall(interpreter, requirements, ...options) {
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', ...options];
  await run(interpreter, [...pip, '-r', requirements], { maxBuffer: 1 << 26 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const interpreter = await ensurePython();
  if (!interpreter) {
    console.error('Python 3.10 or newer with venv was not found on PATH.');
    process.exit(1);
  }
  console.log(interpreter);
}
