import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildKernel, kernelFile } from '../../infra/build-kernel.js';

const sources = fileURLToPath(new URL('../../predictor/engine/wasm/kernel/', import.meta.url));

/** Compiles the kernel if it is not there, or older than its sources: for tests run without the set-up. */
export async function ensureKernel(): Promise<void> {
  const built = existsSync(kernelFile) ? statSync(kernelFile).mtimeMs : 0;
  if (readdirSync(sources).some((name) => statSync(sources + name).mtimeMs > built)) await buildKernel();
}
