import { join } from 'node:path';
import { builtDigest } from '../build.js';
import { withLock } from '../lock.js';
import { partNames, startMinio, startTemporal, startWorker } from './parts.js';
import { stopProcess } from './processes.js';
import { ensureStateFolder, readStack, writeStack } from './state.js';
import { partStates } from './status.js';

/** @typedef {import('./state.js').Stack} Stack */

const starters = {
  temporal: startTemporal,
  minio: startMinio,
  'data-worker': (/** @type {Stack} */ stack) => startWorker(stack, 'data-worker'),
  'train-worker': (/** @type {Stack} */ stack) => startWorker(stack, 'train-worker'),
};

/**
 * Starts what is missing and mends what has crashed; workers that run another build are started anew. The servers come
 * up side by side, then the workers.
 * @param {(line: string) => void} say
 */
export async function up(say) {
  const folder = await ensureStateFolder();
  await withLock(
    join(folder, 'lock'),
    async () => {
      /** @type {Stack} */
      const stack = (await readStack()) ?? { version: 1, parts: {} };
      // A part may end while others are being started; it is looked at again.
      for (let round = 0; round < 3 && (await mend(stack, say)); round++);
    },
    (pid) => say(`waiting for process ${pid}, which is starting or stopping the stack`),
  );
}

/**
 * Starts what is not as it should be; false if there was nothing to do.
 * @param {Stack} stack
 * @param {(line: string) => void} say
 */
async function mend(stack, say) {
  const states = await partStates(stack);
  const build = await builtDigest();
  const isWorker = (/** @type {string} */ name) => name.endsWith('-worker');
  const wanted = partNames.filter(
    (name) =>
      !['running', 'elsewhere'].includes(states[name] ?? '') ||
      (isWorker(name) && stack.parts[name]?.build !== build),
  );
  await startAll(
    stack,
    wanted.filter((name) => !isWorker(name)),
    states,
    say,
  );
  await startAll(stack, wanted.filter(isWorker), states, say);
  return wanted.length > 0;
}

/**
 * What was started is written down even if another part fails: the next `up` or `down` knows of it.
 * @param {Stack} stack
 * @param {readonly (typeof partNames[number])[]} names
 * @param {Record<string, string>} states
 * @param {(line: string) => void} say
 */
async function startAll(stack, names, states, say) {
  const results = await Promise.allSettled(
    names.map(async (name) => {
      const old = stack.parts[name];
      if (old) await stopProcess(old);
      const started = performance.now();
      await starters[name](stack);
      const how =
        states[name] === 'crashed' ? 'mended' : states[name] === 'running' ? 'restarted' : 'started';
      say(`${name.padEnd(13)}${how} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    }),
  );
  await writeStack(stack);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
