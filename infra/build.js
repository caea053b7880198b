/**
 * `npm run build`: sources → dist/. TypeScript, the engine's kernel in WebAssembly, the workflows as one bundle. Does
 * nothing if the sources are those of the last build.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './command.js';
import { withLock } from './lock.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const rooms = ['predictor', 'artifacts', 'activities', 'workflows', 'workers', 'cli', 'adapters', 'bench'];
const otherInputs = [
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
  'infra/build.js',
  'infra/build-kernel.js',
];
const recordFile = join(root, 'dist', '.build.json');
const bundleFile = join(root, 'dist', 'workflow-bundle.js');

/** SHA-256 over the names and contents of everything that a build reads. */
export async function sourceDigest() {
  const hash = createHash('sha256');
  for (const file of await inputs()) {
    hash.update(`${relative(root, file)}\0`);
    hash.update(await readFile(file));
  }
  return hash.digest('hex');
}

async function inputs() {
  const found = otherInputs.map((name) => join(root, name));
  for (const room of rooms) {
    for (const entry of await readdir(join(root, room), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && entry.name.endsWith('.ts'))
        found.push(join(entry.parentPath ?? entry.path, entry.name));
    }
  }
  return found.sort();
}

/** Digest of the sources in dist/; undefined if there is no whole build. */
export async function builtDigest() {
  try {
    return /** @type {string} */ (JSON.parse(await readFile(recordFile, 'utf8')).sources);
  } catch {
    return undefined;
  }
}

/**
 * @param {(phase: string) => void} report
 * @throws {Error} with the compiler's messages
 */
export async function ensureBuild(report) {
  const digest = await sourceDigest();
  if ((await builtDigest()) === digest) return;
  await withLock(join(root, 'node_modules', '.streamsage-build-lock'), async () => {
    if ((await builtDigest()) === digest) return;
    await rm(recordFile, { force: true });
    report('TypeScript');
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    // Without its outputs the incremental compiler would take them for written.
    if (!existsSync(join(root, 'dist', 'cli', 'main.js')))
      await rm(join(root, 'dist', '.tsbuildinfo'), { force: true });
    await runCommand(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root });
    report('WebAssembly kernel');
    const { buildKernel } = await import('./build-kernel.js');
    await buildKernel();
    report('workflow bundle');
    await bundleWorkflows();
    await writeWhole(recordFile, JSON.stringify({ sources: digest, node: process.versions.node }));
  });
}

async function bundleWorkflows() {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'dist', 'workflows', 'index.js'),
    logger: new DefaultLogger('ERROR'),
  });
  await writeWhole(bundleFile, code);
}

/**
 * @param {string} file
 * @param {string} content
 */
async function writeWhole(file, content) {
  await mkdir(join(file, '..'), { recursive: true });
  const partial = `${file}.${process.pid}.partial`;
  await writeFile(partial, content);
  await rename(partial, file);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await ensureBuild((phase) => console.error(`build: ${phase}`));
}
