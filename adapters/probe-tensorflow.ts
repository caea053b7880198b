import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TensorflowState } from '../predictor/engine/choose-engine.js';

/**
 * What TensorFlow finds on this machine, asked in a process of its own: it takes hundreds of MB, and may end that process.
 * @throws Error if that process ends without an answer, or the signal fires
 */
export async function probeTensorflow(signal: AbortSignal): Promise<TensorflowState> {
  const file = new URL('./tensorflow.js', import.meta.url).href;
  const program =
    `const { inspectTensorflow } = await import(${JSON.stringify(file)});` +
    'console.log(JSON.stringify(inspectTensorflow()));';
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...process.execArgv, '--input-type=module', '--eval', program],
    { signal, killSignal: 'SIGKILL' },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as TensorflowState;
}
