import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

// TypeScript declares these for browsers only.
interface KernelMemory {
  readonly buffer: ArrayBuffer;
}
declare const WebAssembly: {
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
const places = ['./kernel.wasm', '../../../dist/predictor/engine/wasm/kernel.wasm'];
let compiled: Promise<object> | undefined;

/**
 * A kernel with memory of its own. It is compiled once per process.
 * @throws Error if the kernel has not been built
 */
export async function instantiateKernel(): Promise<Kernel> {
  compiled ??= compileKernel();
  const { exports } = await WebAssembly.instantiate(await compiled, { env: { abort: onAbort } });
  return exports as unknown as Kernel;
}

async function compileKernel(): Promise<object> {
  const path = places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((file) => existsSync(file));
  if (path === undefined) {
    throw new Error('The WebAssembly kernel has not been built: npm run build');
  }
  return WebAssembly.compile(await readFile(path));
}

function onAbort(): never {
  throw new Error('The WebAssembly kernel aborted');
}
