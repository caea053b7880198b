import { join } from 'node:path';
import { withLock } from '../lock.js';
import { partNames, startMinio, startTemporal, startWorker, workerInputs } from './parts.js';
import { stopProcess } from './processes.js';
import { ensureStateFolder, readStack } from './state.js';
import { partStates } from './status.js';

/** @typedef {import('./state.js').Stack} Stack */

const starters = {
  temporal: startTemporal,
  minio: startMinio,
  'data-worker': (/** @type {Stack} */ stack) => startWorker(stack, 'data-worker'),
  'train-worker': (/** @type {Stack} */ stack) => startWorker(stack, 'train-worker'),
};

/**
 * Starts what is missing and mends what has crashed; workers that run another build, or know other servers, are started anew. The servers come
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
  const isWorker = (/** @type {string} */ name) => name.endsWith('-worker');
  const isMissing = (/** @type {string} */ name) => !['running', 'elsewhere'].includes(states[name] ?? '');
  const servers = partNames.filter((name) => !isWorker(name) && isMissing(name));
  await startAll(stack, servers, states, say);
  const inputs = await workerInputs(stack);
  const workers = partNames.filter(
    (name) => isWorker(name) && (isMissing(name) || stack.parts[name]?.inputs !== inputs),
  );
  await startAll(stack, workers, states, say);
  return servers.length + workers.length > 0;
}

/**
 * What was started stays if another part fails, and is written down: the next `up` or `down` knows of it. The part that
 * did not come up is ended.
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
      await starters[name](stack).catch(async (error) => {
        const half = stack.parts[name];
        if (half) await stopProcess(half);
        throw error;
      });
      const how =
        states[name] === 'crashed' ? 'mended' : states[name] === 'running' ? 'restarted' : 'started';
      say(`${name.padEnd(13)}${how} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
