/** Shells whose completion the tests try. The command line itself needs none. `node infra/shells.js` prints those found. */
import { fileURLToPath } from 'node:url';
import { installOnCi } from './apt.js';
import { findOnPath } from './command.js';

export const shells = /** @type {const} */ (['bash', 'zsh', 'fish']);

/**
 * Brings the shells that are missing to a CI machine (infra/apt.js).
 * @param {NodeJS.ProcessEnv} [environment]
 * @param {number} [user] numeric id; 0 is root
 * @returns {Promise<string[]>} paths of those that are there now
 */
export async function ensureShells(environment = process.env, user = process.getuid?.()) {
  const missing = shells.filter((shell) => findOnPath(shell, environment) === undefined);
  if (missing.length > 0) await installOnCi(missing, environment, user);
  return shells.flatMap((shell) => findOnPath(shell, environment) ?? []);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const path of await ensureShells()) console.log(path);
}
