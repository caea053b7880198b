import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../digest.js';
import { EngineUnavailableError, OutOfMemoryError } from '../../errors.js';
import type { ModelShape } from '../../model/weights.js';

// TypeScript declares these for browsers only.
interface KernelMemory {
  readonly buffer: ArrayBuffer;
}
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ readonly exports: object }>;
};

/** What the kernel exports (kernel/index.ts). Addresses are bytes from the start of its memory. */
export interface Kernel {
  readonly memory: KernelMemory;
  configure(steps: number, features: number, units: number, denseUnits: number): void;
  allocate(bytes: number): number;
  weightsAt(): number;
  gradientsAt(): number;
  firstMomentsAt(): number;
  secondMomentsAt(): number;
  correctCount(): number;
  useWindows(features: number, firstRows: number, labels: number): void;
  weighClasses(stop: number, binge: number): void;
  beginBatch(): void;
  addGradients(
    order: number,
    first: number,
    count: number,
    batchFirst: number,
    scale: number,
    key1: number,
    key2: number,
    threshold: number,
    keepScale: number,
  ): number;
  clip(norm: number): void;
  adam(rate: number): void;
  predict(first: number, count: number, out: number): number;
}

/** Beside this module in a build; in `dist/` when run from source. */
const places = ['./', '../../../dist/predictor/engine/wasm/'];
const compiled = new Map<string, Promise<object>>();

/**
 * A kernel with memory of its own. It is compiled once per process.
 * @param fastMath the kernel that multiplies and adds in one instruction: faster by a sixth, its last bits the machine's
 * @throws EngineUnavailableError if `fastMath` is asked for and the runtime lacks relaxed SIMD
 * @throws Error if the kernel has not been built
 */
async function instantiateKernel(fastMath = false): Promise<Kernel> {
  const name = kernelName(fastMath);
  let compilation = compiled.get(name);
  if (!compilation) {
    compilation = compileKernel(name);
    compiled.set(name, compilation);
    compilation.catch(() => compiled.delete(name));
  }
  const { exports } = await WebAssembly.instantiate(await compilation, { env: { abort: onAbort } });
  return exports as unknown as Kernel;
}

/** The most windows that one call of the kernel takes: a chunk (kernel/memory.ts). */
export const chunkRows = 32;

/**
 * A kernel that is laid out for a model.
 * @throws OutOfMemoryError if the model does not fit into 4 GB; what `instantiateKernel` throws
 */
export async function kernelFor(shape: ModelShape, fastMath = false): Promise<Kernel> {
  const kernel = await instantiateKernel(fastMath);
  const { steps, features, units, denseUnits } = shape;
  try {
    kernel.configure(steps, features, units, denseUnits);
  } catch (error) {
    throw modelTooLarge(shape, error);
  }
  return kernel;
}

export function modelTooLarge({ steps, units }: ModelShape, cause: unknown): OutOfMemoryError {
  return new OutOfMemoryError(
    `Expected a model that fits into 4 GB of WebAssembly memory, got ${steps} steps of ${units} units: fewer of either`,
    { cause },
  );
}

/**
 * All that decides the bits of the WebAssembly engine: its code, and with multiply-and-add in one instruction the
 * processor, too.
 * @param fastMathOn type of the processor where `fastMath` is on
 */
export function wasmRuntime(fastMathOn?: string): string {
  return fastMathOn === undefined
    ? `wasm ${kernelDigest()}`
    : `wasm fast-math ${kernelDigest(true)} ${fastMathOn}`;
}

/** The first twelve digits of the kernel's SHA-256: kernels of other code may give other last bits. */
export function kernelDigest(fastMath = false): string {
  return sha256(readFileSync(kernelPath(kernelName(fastMath)))).slice(0, 12);
}

function kernelName(fastMath: boolean): string {
  return fastMath ? 'kernel-fast.wasm' : 'kernel.wasm';
}

function kernelPath(name: string): string {
  const path = places
    .map((place) => fileURLToPath(new URL(place + name, import.meta.url)))
    .find((file) => existsSync(file));
  if (path === undefined) {
    throw new Error('The WebAssembly kernel has not been built: npm run build');
  }
  return path;
}

async function compileKernel(name: string): Promise<object> {
  const bytes = await readFile(kernelPath(name));
  if (!WebAssembly.validate(bytes)) {
    throw new EngineUnavailableError(
      `Expected a runtime with WebAssembly's relaxed SIMD for \`fastMath\`, got Node ${process.versions.node}: ` +
        'take Node 22 or later, start Node with --experimental-wasm-relaxed-simd, or leave `fastMath` out',
    );
  }
  return WebAssembly.compile(bytes);
}

function onAbort(): never {
  throw new Error('The WebAssembly kernel aborted');
}
