/**
 * `npm run setup:tensorflow`: what the TensorFlow engine needs and npm does not bring. TensorFlow's libraries come out
 * of its wheel, into the cache, once per machine; the binding of @tensorflow/tfjs-node-gpu is compiled against them,
 * there, too, and linked into node_modules. Python is needed to fetch, not to run. See docs/decisions/0005-tensorflow-engine.md.
 *
 * STREAMSAGE_TENSORFLOW: `cpu` or `gpu` (default: `gpu` where there is an NVIDIA driver). CXX: the C++ compiler.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rename, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cache.js';
import { findOnPath, runCommand } from './command.js';
import { ensureDependencies } from './dependencies.js';
import { withLock } from './lock.js';
import { describeMissing } from './missing.js';
import { piece, runMain } from './pieces.js';
import { chooseWheels, keptMembers, tensorflowVersion } from './tensorflow-wheels.js';

/** @typedef {import('./missing.js').Missing} Missing */
/** @typedef {NonNullable<ReturnType<typeof chooseWheels>>} ChosenWheels */

const root = fileURLToPath(new URL('..', import.meta.url));
const tfjsFolder = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
const headersFolder = join(root, 'node_modules', 'node-api-headers', 'include');
const unpackScript = fileURLToPath(new URL('unpack-wheels.py', import.meta.url));
/**
 * The newest version of Node-API that tfjs-node-gpu asks for (its package.json, `binary.napi_versions`): one binding
 * serves every Node from 18 on.
 */
const nodeApiVersion = 8;
const mac = process.platform === 'darwin';
const compilerFlags = [
  ...(mac ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared']),
  ...['-fPIC', '-O2', '-std=c++17', `-DNAPI_VERSION=${nodeApiVersion}`],
  // The binding lies in bindings/<digest>/, beside libraries/: the cache can be moved.
  `-Wl,-rpath,${mac ? '@loader_path' : '$ORIGIN'}/../../libraries/tensorflow`,
];
/** Where the package's own loader looks for the binding. */
const linkedBinding = join(tfjsFolder, 'lib', `napi-v${nodeApiVersion}`, 'tfjs_binding.node');

export function hasNvidiaDriver() {
  return existsSync('/proc/driver/nvidia/version') || findOnPath('nvidia-smi') !== undefined;
}

function wheelsOfThisMachine() {
  const { platform, arch } = process;
  return chooseWheels({
    platform,
    arch,
    nvidia: hasNvidiaDriver(),
    asked: process.env['STREAMSAGE_TENSORFLOW'],
  });
}

/**
 * Brings what is missing; silent when everything is there.
 * @param {(phase: string) => void} report
 * @throws {Error} that lists what the machine lacks
 */
export async function ensureTensorflow(report) {
  const wheels = wheelsOfThisMachine();
  if (!wheels) return installStock(report);
  const folder = join(cacheFolder(), 'tensorflow', wheels.name);
  const libraries = join(folder, 'libraries');
  const binding = join(folder, 'bindings', await bindingDigest(), 'tfjs_binding.node');
  if (!existsSync(libraries) || !existsSync(binding)) {
    const missing = findMissingForTensorflow(await gatherTensorflowFacts(wheels, existsSync(libraries)));
    if (missing.length > 0) throw new Error(describeMissing(missing).join('\n'));
    await withLock(
      join(folder, 'lock'),
      async () => {
        if (!existsSync(libraries)) await fetchLibraries(wheels, folder, libraries, report);
        if (!existsSync(binding)) await compileBinding(libraries, binding, report);
      },
      (pid) => report(`waiting for process ${pid}, which is installing it`),
    );
  }
  await linkBinding(binding, report);
}

/**
 * @param {ChosenWheels} wheels
 * @param {string} folder
 * @param {string} libraries appears only when it is whole
 * @param {(phase: string) => void} report
 */
async function fetchLibraries({ name, requirements, platforms, fetched, kept }, folder, libraries, report) {
  report(`fetching TensorFlow ${name} from PyPI (${fetched} MB, ${kept} MB unpacked)`);
  for (const left of await readdir(folder))
    if (/^(partial|work)-/.test(left)) await rm(join(folder, left), { recursive: true, force: true });
  // By process: what an interrupted one has started may still be writing.
  const partial = join(folder, `partial-${process.pid}`);
  const work = join(folder, `work-${process.pid}`);
  for (const fresh of [partial, work]) await mkdir(fresh);
  const python = await pythonWithPip(join(work, 'python'));
  const list = join(work, 'requirements.txt');
  await writeFile(list, `${requirements.join('\n')}\n`);
  const downloads = join(work, 'wheels');
  await runCommand(python, [
    ...['-m', 'pip', 'download', '--quiet', '--no-input', '--no-deps', '--no-cache-dir'],
    ...['--require-hashes', '--only-binary', ':all:', ...platforms.flatMap((tag) => ['--platform', tag])],
    // Any Python will do: the one in the tag is never used.
    ...['--python-version', '311', '--implementation', 'cp', '--abi', 'cp311', '--abi', 'none'],
    ...['--requirement', list, '--dest', downloads],
  ]);
  report('unpacking the libraries');
  const files = (await readdir(downloads)).map((file) => join(downloads, file));
  await runCommand(python, [unpackScript, partial, keptMembers.join(), ...files]);
  await rename(partial, libraries);
  await rm(work, { recursive: true, force: true });
}

/**
 * A Python that has pip: the machine's, or a virtual environment of it.
 * @param {string} folder for the environment
 */
async function pythonWithPip(folder) {
  const python = findOnPath('python3') ?? 'python3';
  if (await succeeds(python, ['-m', 'pip', '--version'])) return python;
  await runCommand(python, ['-m', 'venv', folder]);
  return join(folder, 'bin', 'python');
}

/** What the compiled binding depends on, beside the libraries: its sources, and how it is compiled. */
async function bindingDigest() {
  const hash = createHash('sha256');
  for (const file of await bindingSources()) hash.update(await readFile(file));
  return hash.update(compilerFlags.join()).digest('hex').slice(0, 12);
}

async function bindingSources() {
  const folder = join(tfjsFolder, 'binding');
  const names = (await readdir(folder)).filter((name) => /\.(cc|h)$/.test(name));
  return names.sort().map((name) => join(folder, name));
}

/**
 * Compiles the binding as the package's binding.gyp does, by one command: no node-gyp, whose Node headers would have to
 * be downloaded, and a run path of our own, so that nothing has to be set for the loader.
 * @param {string} libraries
 * @param {string} binding appears only when it is whole
 * @param {(phase: string) => void} report
 */
async function compileBinding(libraries, binding, report) {
  report('compiling the binding (10 s)');
  const tensorflow = join(libraries, 'tensorflow');
  const names = await readdir(tensorflow);
  const linked = names.filter((name) => /^libtensorflow_(cc|framework)\./.test(name));
  const partial = `${binding}.${process.pid}.partial`;
  await mkdir(join(binding, '..'), { recursive: true });
  await runCommand(findCompiler() ?? 'c++', [
    ...compilerFlags,
    ...['-I', join(tensorflow, 'include'), '-I', headersFolder],
    ...(await bindingSources()).filter((file) => file.endsWith('.cc')),
    ...linked.map((name) => join(tensorflow, name)),
    ...['-o', partial],
  ]);
  await rename(partial, binding);
}

function findCompiler() {
  return process.env['CXX'] || (findOnPath('c++') ?? findOnPath('g++') ?? findOnPath('clang++'));
}

/**
 * @param {string} binding
 * @param {(phase: string) => void} report
 */
async function linkBinding(binding, report) {
  if ((await readlink(linkedBinding).catch(() => undefined)) === binding) return;
  report('linking the binding into node_modules');
  await mkdir(join(linkedBinding, '..'), { recursive: true });
  const partial = `${linkedBinding}.${process.pid}.partial`;
  await symlink(binding, partial);
  await rename(partial, linkedBinding);
}

/**
 * The package's own way, for machines without a current wheel (macOS on Intel): it downloads libtensorflow 2.9.1. Not
 * tried by us.
 * @param {(phase: string) => void} report
 */
async function installStock(report) {
  if (existsSync(linkedBinding)) return;
  report(
    `there is no TensorFlow ${tensorflowVersion} for ${process.platform} on ${process.arch}: trying the package's own`,
  );
  await runCommand(process.execPath, ['scripts/install.js', 'cpu', 'download'], {
    cwd: tfjsFolder,
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
    },
  });
  if (!existsSync(linkedBinding)) throw new Error(`Expected ${linkedBinding} to be there now, got nothing`);
}

/**
 * @typedef {object} TensorflowFacts
 * @property {boolean} libraries are in the cache
 * @property {boolean} pip Python 3 with pip, or with venv
 * @property {boolean} compiler
 * @property {number} neededMegabytes while the libraries are fetched
 * @property {number} freeMegabytes
 */

/**
 * @param {ChosenWheels} wheels
 * @param {boolean} libraries
 * @returns {Promise<TensorflowFacts>}
 */
async function gatherTensorflowFacts(wheels, libraries) {
  await mkdir(cacheFolder(), { recursive: true });
  const { bavail, bsize } = await statfs(cacheFolder());
  return {
    libraries,
    pip:
      (await succeeds('python3', ['-m', 'pip', '--version'])) ||
      (await succeeds('python3', ['-c', 'import venv, ensurepip'])),
    compiler: findCompiler() !== undefined,
    neededMegabytes: wheels.fetched + wheels.kept + 200,
    freeMegabytes: Math.floor((bavail * bsize) / 1e6),
  };
}

/**
 * Everything that is missing, at once.
 * @param {TensorflowFacts} facts
 * @returns {Missing[]}
 */
export function findMissingForTensorflow({ libraries, pip, compiler, neededMegabytes, freeMegabytes }) {
  /** @type {Missing[]} */
  const missing = [];
  if (!libraries && !pip) {
    missing.push({
      what: 'Python 3 with pip (to fetch TensorFlow; it is not needed to run it)',
      debian: 'sudo apt-get install -y python3-pip',
      fedora: 'sudo dnf install python3-pip',
      macos: 'brew install python',
    });
  }
  if (!compiler) {
    missing.push({
      what: 'a C++ compiler (for the binding of @tensorflow/tfjs-node-gpu)',
      debian: 'sudo apt-get install -y g++',
      fedora: 'sudo dnf install gcc-c++',
      macos: 'xcode-select --install',
    });
  }
  if (!libraries && freeMegabytes < neededMegabytes) {
    const advice = `free ${neededMegabytes - freeMegabytes} MB, or set STREAMSAGE_CACHE to a folder on another disk`;
    missing.push({
      what: `${neededMegabytes} MB of disk (there are ${freeMegabytes})`,
      debian: advice,
      fedora: advice,
      macos: advice,
    });
  }
  return missing;
}

/**
 * @param {string} program
 * @param {readonly string[]} parameters
 */
function succeeds(program, parameters) {
  return runCommand(program, parameters).then(
    () => true,
    () => false,
  );
}

/** Both pieces, with their phases on standard error. */
export async function setUpTensorflow() {
  await piece('dependencies', ensureDependencies);
  await piece('tensorflow', ensureTensorflow);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(setUpTensorflow);
