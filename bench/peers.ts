/** Brings the peers that training is compared with: environments and compiled files, once per machine. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '../infra/cache.js';
import { ensurePython } from '../infra/python.js';

const run = promisify(execFile);
export const benchFolder = fileURLToPath(new URL('.', import.meta.url));

/** A peer's program, or why it is not here. */
export type Peer = { readonly program: string } | { readonly missing: string };

/** The environments of the peers in Python: their requirements, and what they take of the disk, measured on Linux x64. */
const environments = {
  keras: { requirements: undefined, size: '2.0 GB' },
  jax: { requirements: 'jax.txt', size: '0.6 GB' },
  torch: { requirements: 'torch.txt', size: "5.5 GB, less where PyTorch's own index can be reached" },
} as const;

export async function pythonPeer(name: keyof typeof environments): Promise<Peer> {
  const { requirements, size } = environments[name];
  try {
    const program = await ensurePython(requirements && join(benchFolder, 'python', requirements), () =>
      console.error(`Installing ${name} into the cache, once (${size}).`),
    );
    return program ? { program } : { missing: 'there is no Python 3.10 or newer with venv' };
  } catch (error) {
    return { missing: `pip could not install its packages (${lastLine(error)})` };
  }
}

const flags = ['-O3', '-march=native', '-ffast-math'];
/** GCC takes half of a machine's widest registers by default. */
const wide = process.arch === 'x64' ? ['-mprefer-vector-width=512'] : [];

/** Compiles bench/native/step.c into the cache. */
export async function nativePeer(): Promise<Peer> {
  const source = join(benchFolder, 'native', 'step.c');
  const digest = createHash('sha256')
    .update(await readFile(source))
    .update([...flags, ...wide].join())
    .digest('hex')
    .slice(0, 12);
  const program = join(cacheFolder(), 'native-step', digest);
  if (existsSync(program)) return { program };
  await mkdir(dirname(program), { recursive: true });
  try {
    await run('cc', [...flags, ...wide, source, '-lm', '-o', `${program}.partial`]);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { missing: missing ? 'there is no C compiler' : `cc could not compile it (${lastLine(error)})` };
  }
  await rename(`${program}.partial`, program);
  return { program };
}

/** tfjs-node, if its binding is there. */
export function tfjsPeer(): Peer {
  const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'));
  return existsSync(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'))
    ? { program: process.execPath }
    : { missing: 'its binding is not there: npm run setup:tensorflow' };
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr?.trim() || message).split('\n').at(-1)!;
}
