import { existsSync, readdirSync, statSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { fileURLToPath } from 'node:url';
import { buildKernel, fastKernelFile, kernelFile } from '../../infra/build-kernel.js';

const sources = fileURLToPath(new URL('../../predictor/engine/wasm/kernel/', import.meta.url));

/** Compiles the kernels if they are not there, or older than their sources: for tests run without the set-up. */
export async function ensureKernel(): Promise<void> {
  const built = Math.min(
    ...[kernelFile, fastKernelFile].map((file) => (existsSync(file) ? statSync(file).mtimeMs : 0)),
  );
  if (readdirSync(sources).some((name) => statSync(sources + name).mtimeMs > built)) await buildKernel();
}

/** Node 20 has relaxed SIMD behind a flag, which takes effect while it runs. */
export const relaxedSimdNeedsFlag = Number(process.versions.node.split('.')[0]) < 22;
export function switchRelaxedSimd(on: boolean): void {
  if (relaxedSimdNeedsFlag) setFlagsFromString(`--${on ? '' : 'no-'}experimental-wasm-relaxed-simd`);
}
