import { cacheFolder, freeBytes } from '../adapters/disk.js';
import { hasNvidiaDriver, processorName } from '../adapters/machine.js';
import { probeTensorflow } from '../adapters/probe-tensorflow.js';
import { stateFolder } from '../adapters/settings.js';
import { hasTensorflow } from '../adapters/tensorflow.js';
import { loadVersions, minimumNode } from '../adapters/version.js';
import type { TensorflowState } from '../predictor/engine/choose-engine.js';
import { wasmRuntime } from '../predictor/engine/wasm/kernel-module.js';
import { formatBytes } from '../workflows/plain-text.js';
import type { Check, Finding } from './findings.js';

/** What a local stack and its set-up need to go on: less is a failure, less than ten times that a warning. */
const leastBytes = 200e6;

/** Node, engines and room of this machine. */
export const machineChecks: readonly Check[] = [
  {
    ...{ name: 'Node', limitMs: 5000, whenSilent: 'failed' },
    run: () => {
      const { node, platform } = loadVersions();
      return Promise.resolve([judgeNode(node, minimumNode(), platform)]);
    },
  },
  {
    ...{ name: 'engine', limitMs: 10_000, whenSilent: 'failed' },
    run: () =>
      Promise.resolve([{ check: 'engine', state: 'ok', says: `${wasmRuntime()} on ${processorName()}` }]),
  },
  {
    ...{ name: 'TensorFlow', limitMs: 20_000, whenSilent: 'warning' },
    run: async (signal) => {
      const state = hasTensorflow() ? await probeTensorflow(signal) : undefined;
      return [judgeTensorflow(state, hasNvidiaDriver())];
    },
  },
  diskCheck('cache', cacheFolder, 'STREAMSAGE_CACHE'),
  diskCheck('state', stateFolder, 'STREAMSAGE_STATE'),
];

function diskCheck(what: string, folderOf: () => string, variable: string): Check {
  const name = `disk, ${what}`;
  return {
    ...{ name, limitMs: 5000, whenSilent: 'failed' },
    run: async () => {
      const folder = folderOf();
      return [judgeDisk(name, folder, await freeBytes(folder), variable)];
    },
  };
}

/** @param minimum as `20.19` */
export function judgeNode(version: string, minimum: string, platform: string): Finding {
  const numbers = (text: string) => text.split('.').map(Number);
  const [major = 0, minor = 0] = numbers(version);
  const [leastMajor = 0, leastMinor = 0] = numbers(minimum);
  const suffices = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  return suffices
    ? { check: 'Node', state: 'ok', says: `${version} on ${platform}` }
    : {
        ...{ check: 'Node', state: 'failed' },
        says: `${version}, expected ${minimum} or newer. Install one: https://nodejs.org/en/download`,
      };
}

/** That there is no TensorFlow or no GPU is a fact; that one is there which does not load is worth a look. */
export function judgeTensorflow(state: TensorflowState | undefined, hasDriver: boolean): Finding {
  const driver = hasDriver ? 'an NVIDIA driver' : 'no NVIDIA driver';
  if (!state)
    return { check: 'TensorFlow', state: 'ok', says: `not set up, ${driver}: the CPU engine trains` };
  if (!state.available) return { check: 'TensorFlow', state: 'warning', says: `${state.reason}; ${driver}` };
  const runtimes = Object.values(state.runtimes).join('; ');
  return state.gpu || !hasDriver
    ? { check: 'TensorFlow', state: 'ok', says: `${runtimes}${state.gpu ? '' : `, ${driver}`}` }
    : { check: 'TensorFlow', state: 'warning', says: `${runtimes}, ${driver}, and no GPU: ${state.reason}` };
}

export function judgeDisk(check: string, folder: string, bytes: number, variable: string): Finding {
  const says = `${formatBytes(bytes)} free for ${folder}`;
  if (bytes >= 10 * leastBytes) return { check, state: 'ok', says };
  return {
    ...{ check, state: bytes < leastBytes ? 'failed' : 'warning' },
    says: `${says}, expected ${formatBytes(10 * leastBytes)}. Make room, or set ${variable} to a folder on another disk`,
  };
}
