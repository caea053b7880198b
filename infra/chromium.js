/**
 * Chromium for the tests that open a page in a browser. The pipeline itself needs none. `node infra/chromium.js` prints
 * which one the tests take.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installOnCi } from './apt.js';
import { findOnPath } from './command.js';

const names = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {string | undefined} path of `STREAMSAGE_CHROMIUM`, or else of a Chromium or Chrome on PATH
 * @throws {Error} if `STREAMSAGE_CHROMIUM` is set and there is nothing
 */
export function findChromium(environment = process.env) {
  const explicit = environment['STREAMSAGE_CHROMIUM'];
  if (explicit) {
    if (!existsSync(explicit))
      throw new Error(`Expected a program at STREAMSAGE_CHROMIUM=${explicit}, got nothing there`);
    return explicit;
  }
  return names.map((name) => findOnPath(name, environment)).find((path) => path !== undefined);
}

/**
 * Brings Debian's package to a CI machine that has no Chromium (infra/apt.js).
 * @param {NodeJS.ProcessEnv} [environment]
 * @param {number} [user] numeric id; 0 is root
 * @returns {Promise<string | undefined>} path of a Chromium, if there is one now
 */
export async function ensureChromium(environment = process.env, user = process.getuid?.()) {
  const found = findChromium(environment);
  if (found) return found;
  await installOnCi(['chromium'], environment, user);
  return findChromium(environment);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const program = await ensureChromium();
  if (!program) {
    console.error('Chromium was not found on PATH. Debian, Ubuntu: sudo apt-get install -y chromium');
    process.exit(1);
  }
  console.log(program);
}
