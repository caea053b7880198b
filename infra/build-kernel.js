/**
 * Compiles the engine's kernel: `node infra/build-kernel.js` → dist/predictor/engine/wasm/kernel.wasm, and a second time
 * with relaxed SIMD, for `fastMath` → kernel-fast.wasm.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const entry = 'predictor/engine/wasm/kernel/index.ts';
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = new URL('../dist/predictor/engine/wasm/', import.meta.url);
export const kernelFile = fileURLToPath(new URL('kernel.wasm', folder));
export const fastKernelFile = fileURLToPath(new URL('kernel-fast.wasm', folder));

/** Fixed: another choice may give other bytes, and the same seed is to give the same model. */
const options = ['-O3', '--converge', '--noAssert', '--enable', 'simd', '--runtime', 'stub'];

/**
 * Both kernels; each file appears only when it is whole.
 * @throws {Error} with the compiler's messages
 */
export async function buildKernel() {
  await compile([], kernelFile);
  await compile(['--enable', 'relaxed-simd'], fastKernelFile);
}

/**
 * @param {string[]} more options
 * @param {string} outFile
 */
async function compile(more, outFile) {
  // By a name that the type checker does not follow: the compiler's types declare a `console` of their own.
  const { default: asc } = await import(/** @type {string} */ ('assemblyscript/asc'));
  /** @type {Uint8Array | undefined} */
  let binary;
  const { error, stderr } = await asc.main(
    [entry, ...options, ...more, '--baseDir', root, '--outFile', 'kernel.wasm'],
    {
      writeFile(/** @type {string} */ name, /** @type {Uint8Array} */ contents) {
        if (name === 'kernel.wasm') binary = contents;
      },
    },
  );
  if (error || !binary)
    throw new Error(`The kernel did not compile: ${error?.message ?? ''}\n${stderr.toString()}`);
  await mkdir(dirname(outFile), { recursive: true });
  const partial = `${outFile}.${process.pid}.partial`;
  await writeFile(partial, binary);
  await rename(partial, outFile);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernel();
