import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './command.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @typedef {Record<string, { version?: string, optional?: boolean }>} LockedPackages */

/**
 * Whether what is installed is what the lock file says; packages for other platforms may be missing.
 * @param {LockedPackages} locked
 * @param {LockedPackages} installed
 */
export function isInstalled(locked, installed) {
  return Object.entries(locked).every(([path, { version, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    return found ? found.version === version : optional === true;
  });
}

export async function dependenciesAreCurrent() {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const [locked, installed] = await Promise.all([join(root, 'package-lock.json'), hidden].map(readPackages));
  return isInstalled(/** @type {LockedPackages} */ (locked), /** @type {LockedPackages} */ (installed));
}

/** @param {string} file */
async function readPackages(file) {
  return /** @type {LockedPackages} */ (JSON.parse(await readFile(file, 'utf8')).packages);
}

/**
 * Installs the dependencies by the lock file, without install scripts (.npmrc). npm writes its own record last, so an
 * interrupted installation is done again.
 * @param {(phase: string) => void} report
 */
export async function ensureDependencies(report) {
  if (await dependenciesAreCurrent()) return;
  report('npm ci');
  const npm = process.env['npm_execpath'];
  const [program, first] = npm ? [process.execPath, [npm]] : ['npm', []];
  await runCommand(program, [...first, 'ci', '--no-audit', '--no-fund'], { cwd: root });
}
