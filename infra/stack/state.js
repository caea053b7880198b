import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What the local stack knows of itself, in `stack.json`. adapters/settings.ts reads `temporal` and `s3`.
 * @typedef {object} Stack
 * @property {1} version
 * @property {{ address: string, namespace: string, ui?: string }} [temporal] absent if the environment names another
 * @property {{ endpoint: string, region: string, bucket: string, console: string, credentialsFile: string }} [s3]
 * @property {Record<string, Part>} parts
 */

/**
 * A process of the stack. Its start time tells it from another that got its number later.
 * @typedef {object} Part
 * @property {number} pid
 * @property {string} startTime
 * @property {string} log
 * @property {string} [inputs] digest of what a worker took in when it started
 */

/** @typedef {{ accessKeyId: string, secretAccessKey: string }} Credentials */

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Folder of state and logs: STREAMSAGE_STATE, else `.streamsage` beside package.json. */
export function stateFolder() {
  return resolve(process.env['STREAMSAGE_STATE'] || join(projectRoot, '.streamsage'));
}

/** Makes the folder, which only its owner may enter. */
export async function ensureStateFolder() {
  const folder = stateFolder();
  await mkdir(join(folder, 'logs'), { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  return folder;
}

/** @returns {Promise<Stack | undefined>} */
export async function readStack() {
  try {
    const stack = JSON.parse(await readFile(join(stateFolder(), 'stack.json'), 'utf8'));
    return stack.version === 1 ? stack : undefined;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT' || error instanceof SyntaxError)
      return undefined;
    throw error;
  }
}

/** Synchronous, for parts that start side by side write it, too. @param {Stack} stack */
export function writeStack(stack) {
  writeWhole(join(stateFolder(), 'stack.json'), `${JSON.stringify(stack, undefined, 2)}\n`, 0o600);
}

/**
 * Credentials kept in a file that only its owner reads; made if there is none.
 * @param {string} name
 * @returns {Promise<{ file: string, credentials: Credentials }>}
 */
export async function ensureCredentials(name) {
  const file = join(stateFolder(), `${name}.credentials.json`);
  try {
    return { file, credentials: JSON.parse(await readFile(file, 'utf8')) };
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
  const credentials = {
    accessKeyId: `${name}-${randomBytes(6).toString('hex')}`,
    secretAccessKey: randomSecret(),
  };
  writeWhole(file, `${JSON.stringify(credentials)}\n`, 0o600);
  return { file, credentials };
}

/** 40 characters, as many as MinIO and AWS use. */
function randomSecret() {
  return randomBytes(30).toString('base64url');
}

/**
 * @param {string} file
 * @param {string} content
 * @param {number} mode
 */
function writeWhole(file, content, mode) {
  const partial = `${file}.${process.pid}.partial`;
  writeFileSync(partial, content, { mode });
  renameSync(partial, file);
}
