/**
 * `npm run licences`: writes docs/licences.md, the licences of the packages that run with the pipeline. From the lock
 * file, which has what each package's manifest says, so that the page is the same on every platform.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { runMain } from './pieces.js';

const lockFile = fileURLToPath(new URL('../package-lock.json', import.meta.url));
export const licencesFile = fileURLToPath(new URL('../docs/licences.md', import.meta.url));

/** @typedef {Record<string, { version?: string, dev?: boolean, license?: string }>} LockedPackages */

/** Licences by their SPDX names that go with the MIT licence as what is merely depended on. */
export const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Bitstream-Vera',
  'BlueOak-1.0.0',
  'CC-BY-4.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  'NIST-Software',
  'Unlicense',
]);

/** What the licence file says of packages whose manifest has no SPDX name; another version is to be read again. */
const readByHand = new Map([
  ['dejavu-fonts-ttf 2.37.3', 'Bitstream-Vera'],
  ['h5wasm 0.10.3', 'NIST-Software'],
  ['unionfs 4.6.0', 'Unlicense'],
]);

/**
 * Packages that run with the pipeline, by name and version, each once.
 * @param {LockedPackages} locked
 */
export function licencesOf(locked) {
  /** @type {Map<string, { name: string, version: string, licence: string }>} */
  const found = new Map();
  for (const [path, { version = '', dev, license }] of Object.entries(locked)) {
    if (path === '' || dev) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licence = readByHand.get(`${name} ${version}`) ?? license ?? 'not said';
    found.set(`${name} ${version}`, { name, version, licence });
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

/**
 * Whether every licence that an SPDX expression names is allowed. Of alternatives, too: nobody has chosen one.
 * @param {string} expression
 */
export function isAllowed(expression) {
  return expression.split(/ (?:AND|OR) /).every((name) => allowed.has(name.replace(/^\(+|\)+$/g, '')));
}

/** @returns {Promise<LockedPackages>} */
export async function lockedPackages() {
  return JSON.parse(await readFile(lockFile, 'utf8')).packages;
}

/** @param {LockedPackages} locked */
export async function licencesPage(locked) {
  const entries = licencesOf(locked);
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { licence } of entries) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const text = `# Licences of what StreamSage runs on

The ${entries.length} packages that \`npm ci --omit=dev\` installs, those for other platforms among them; not what only builds and tests. Written by \`npm run licences\` from the lock file. Temporal's server, MinIO, TensorFlow's libraries and the base images come with licences of their own.

| licence | packages |
| --- | ---: |
${byCount.map(([licence, count]) => `| ${licence} | ${count} |`).join('\n')}

| package | version | licence |
| --- | --- | --- |
${entries.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`).join('\n')}
`;
  return format(text, { ...(await resolveConfig(licencesFile)), filepath: licencesFile });
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await runMain(async () => writeFile(licencesFile, await licencesPage(await lockedPackages())));
