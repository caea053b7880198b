import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensurePython } from '../../infra/python.js';
import { skipWithout } from './missing.js';

const run = promisify(execFile);

/** Runs a script of test/python/ (or any path) in the tests' Python environment; skips the test where there is no Python. */
export async function runPython(
  context: Mocha.Context,
  script: string,
  ...parameters: readonly string[]
): Promise<string> {
  const interpreter = await ensurePython();
  if (interpreter === undefined) return skipWithout(context, 'Python 3.10 or newer with venv');
  const path = script.startsWith('/')
    ? script
    : fileURLToPath(new URL(`../python/${script}`, import.meta.url));
  const { stdout } = await run(interpreter, [path, ...parameters], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '', KERAS_BACKEND: 'tensorflow' },
    maxBuffer: 1 << 28,
  });
  return stdout;
}
