/**
 * One-shot: credentials for MinIO's administrator and for the pipeline, made once, each in a volume of its own, so that
 * a worker cannot read the administrator's. `node make-credentials.js ROOT_FOLDER PIPELINE_FOLDER`
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const [rootFolder, pipelineFolder] = process.argv.slice(2);
if (!rootFolder || !pipelineFolder)
  throw new Error('Expected two folders: for the administrator, for the pipeline');

/**
 * @param {string} file
 * @param {string} content
 */
async function writeOnce(file, content) {
  if (existsSync(file)) return;
  await writeFile(`${file}.partial`, content, { mode: 0o600 });
  await rename(`${file}.partial`, file);
}

const secret = () => randomBytes(30).toString('base64url');
await writeOnce(join(rootFolder, 'user'), `root-${randomBytes(6).toString('hex')}`);
await writeOnce(join(rootFolder, 'password'), secret());
const pipeline = [
  '[default]',
  `aws_access_key_id = pipeline-${randomBytes(6).toString('hex')}`,
  `aws_secret_access_key = ${secret()}`,
  '',
].join('\n');
await writeOnce(join(pipelineFolder, 'credentials'), pipeline);
