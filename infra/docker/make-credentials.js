/**
 * One-shot: credentials for MinIO's administrator, for the pipeline, and for Temporal's database where there is one, each
 * in a volume of its own: a worker can read the pipeline's alone. What is there stays.
 * `node make-credentials.js ADMIN_FOLDER PIPELINE_FOLDER [DATABASE_FOLDER]`
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const [adminFolder, pipelineFolder, databaseFolder] = process.argv.slice(2);
if (!adminFolder || !pipelineFolder)
  throw new Error('Expected two folders: for the administrator, for the pipeline');

/**
 * Only its owner reads it.
 * @param {string} file
 * @param {string} content
 */
async function writeSecret(file, content) {
  await writeFile(`${file}.partial`, content, { mode: 0o400 });
  await rename(`${file}.partial`, file);
}

/**
 * @param {string} file
 * @param {string} content
 */
async function writeOnce(file, content) {
  if (!existsSync(file)) await writeSecret(file, content);
}

/** @param {string} folder of the password, and of the server's configuration, which holds it */
async function makeDatabaseCredentials(folder) {
  await writeOnce(join(folder, 'password'), secret());
  const password = await readFile(join(folder, 'password'), 'utf8');
  const template = await readFile(new URL('temporal-server.yaml', import.meta.url), 'utf8');
  await writeSecret(join(folder, 'temporal.yaml'), template.replaceAll('{{password}}', password));
}

const secret = () => randomBytes(30).toString('base64url');
await writeOnce(join(adminFolder, 'user'), `root-${randomBytes(6).toString('hex')}`);
await writeOnce(join(adminFolder, 'password'), secret());
const pipeline = [
  '[default]',
  `aws_access_key_id = pipeline-${randomBytes(6).toString('hex')}`,
  `aws_secret_access_key = ${secret()}`,
  '',
].join('\n');
await writeOnce(join(pipelineFolder, 'credentials'), pipeline);
if (databaseFolder) await makeDatabaseCredentials(databaseFolder);
