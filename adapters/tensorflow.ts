import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import util from 'node:util';
import type { TensorflowState } from '../predictor/engine/choose-engine.js';
import type { TensorBinding, TensorDevice, TensorRuntime } from '../predictor/engine/tensorflow/runtime.js';
import { EngineUnavailableError } from './errors.js';

/** A loaded TensorFlow, and what a manifest says of it. */
export interface LoadedTensorflow extends TensorRuntime {
  /** TensorFlow's version, as `2.21.0`. */
  readonly version: string;
  /** Name of the processor, or of the graphics card. */
  readonly deviceName: string;
}

const require = createRequire(import.meta.url);
const setUp = 'npm run setup:tensorflow';
const noGpu =
  'it finds none. `nvidia-smi` shows whether the driver does; the libraries with CUDA come with ' +
  `\`STREAMSAGE_TENSORFLOW=gpu ${setUp}\``;

/** What a machine has. It loads TensorFlow, so ask in a process of its own. */
export function inspectTensorflow(): TensorflowState {
  try {
    configure();
    const binding = loadBinding(bindingFile());
    const gpu = binding.isUsingGpuDevice();
    const runtimes = {
      cpu: describe(binding, 'cpu').fingerprint,
      ...(gpu ? { gpu: describe(binding, 'gpu').fingerprint } : {}),
    };
    return { available: true, gpu, runtimes, reason: gpu ? 'TensorFlow finds a GPU' : noGpu };
  } catch (error) {
    if (!(error instanceof EngineUnavailableError)) throw error;
    // The reason travels with the run: no path of this machine in it.
    console.error(error.message);
    const reason = hasTensorflow() ? `it does not load, the worker's log says why` : 'it is not set up';
    return { available: false, gpu: false, runtimes: {}, reason: `${reason}: ${setUp}` };
  }
}

/** Whether the binding is there. It may still fail to load. */
export function hasTensorflow(): boolean {
  return existsSync(bindingFile());
}

/**
 * Loads TensorFlow into this process, once; it reads its settings from the environment at that time. It takes 0.3 s and
 * 400 MB, none of which come back before the process ends: load it in a process of its own.
 * @param device `gpu` loads only with a graphics card, `cpu` hides it
 * @param file the binding
 * @throws EngineUnavailableError if it is not set up, cannot be loaded, or has not the device
 */
export function loadTensorflow(device: TensorDevice, file = bindingFile()): LoadedTensorflow {
  configure(device);
  const binding = loadBinding(file);
  if (device === 'cpu' && binding.isUsingGpuDevice()) {
    throw new EngineUnavailableError(
      'Expected TensorFlow on the CPU, it is loaded in this process for the GPU: use another process',
    );
  }
  if (device === 'gpu' && !binding.isUsingGpuDevice()) {
    throw new EngineUnavailableError(`Expected TensorFlow on a GPU: ${noGpu}`);
  }
  return describe(binding, device);
}

interface LoadedBinding extends TensorBinding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

function describe(binding: LoadedBinding, device: TensorDevice): LoadedTensorflow {
  const version = binding.TF_Version;
  const deviceName = device === 'gpu' ? nvidiaName() : (cpus()[0]?.model.trim() ?? process.arch);
  return {
    binding,
    device,
    version,
    deviceName,
    fingerprint: `tensorflow ${version} ${device} ${deviceName}`,
  };
}

/** The package's own loader looks for the binding there, too: Node-API 8 is the newest that it asks for. */
function bindingFile(): string {
  return join(packageFolder(), 'lib', 'napi-v8', 'tfjs_binding.node');
}

/** Where the package is; where it would be, if it was left out, as in the image for the CPU. */
function packageFolder(): string {
  try {
    return dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));
  } catch {
    return join('node_modules', '@tensorflow', 'tfjs-node-gpu');
  }
}

/**
 * What TensorFlow reads from the environment when it is loaded.
 * @param device left out: whatever is there
 */
function configure(device?: TensorDevice): void {
  Object.assign(process.env, {
    // The kernels of one step are too small to share, and one thread adds up in one order.
    TF_NUM_INTRAOP_THREADS: '1',
    TF_NUM_INTEROP_THREADS: '1',
    TF_DETERMINISTIC_OPS: '1',
    // oneDNN's kernels are slower here, and differ between processors.
    TF_ENABLE_ONEDNN_OPTS: '0',
    // Whole float32 products on graphics cards that would round them to 10 bits.
    NVIDIA_TF32_OVERRIDE: '0',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    ...(device === 'cpu' ? { CUDA_VISIBLE_DEVICES: '-1' } : {}),
  });
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
}

function loadBinding(file: string): LoadedBinding {
  if (!existsSync(file)) {
    throw new EngineUnavailableError(
      `Expected the binding of TensorFlow at ${file}, got nothing there. Set it up: ${setUp}`,
    );
  }
  giveBackRemovedUtilities();
  try {
    const tfjs = require('@tensorflow/tfjs-node-gpu') as { backend(): { binding: LoadedBinding } };
    return tfjs.backend().binding;
  } catch (error) {
    throw new EngineUnavailableError(
      `Expected TensorFlow to load, got: ${(error as Error).message}. Set it up again: npm run clean && ${setUp}`,
      { cause: error },
    );
  }
}

/** Node 23 removed functions of `util` that tfjs-node 4.22 calls: before it is loaded. */
export function giveBackRemovedUtilities(): void {
  const functions = util as unknown as Record<string, unknown>;
  functions['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  functions['isArray'] ??= Array.isArray;
}

function nvidiaName(): string {
  try {
    const names = execFileSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
      encoding: 'utf8',
    });
    return names.split('\n')[0]!.trim();
  } catch {
    return 'GPU';
  }
}
