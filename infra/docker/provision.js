/**
 * One-shot: waits for MinIO, then makes the bucket and the pipeline's user.
 * `node provision.js ENDPOINT BUCKET ADMIN_FOLDER PIPELINE_FOLDER`
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { provisionMinio } from '../stack/minio-admin.js';

const [endpoint, bucket, adminFolder, pipelineFolder] = process.argv.slice(2);
if (!endpoint || !bucket || !adminFolder || !pipelineFolder) {
  throw new Error('Expected an endpoint, a bucket and two folders');
}

const deadline = Date.now() + 120_000;
while (!(await fetch(`${endpoint}/minio/health/ready`).catch(() => undefined))?.ok) {
  if (Date.now() > deadline) throw new Error(`Expected MinIO at ${endpoint}, got no answer for two minutes`);
  await new Promise((resolve) => setTimeout(resolve, 500));
}
const [user, password, pipeline] = await Promise.all(
  [join(adminFolder, 'user'), join(adminFolder, 'password'), join(pipelineFolder, 'credentials')].map(
    (file) => readFile(file, 'utf8'),
  ),
);
/** @param {string} name */
const value = (name) => new RegExp(`^${name} = (.+)$`, 'm').exec(pipeline ?? '')?.[1] ?? '';
await provisionMinio(
  endpoint,
  { accessKeyId: user ?? '', secretAccessKey: password ?? '' },
  {
    bucket,
    region: 'us-east-1',
    user: { accessKeyId: value('aws_access_key_id'), secretAccessKey: value('aws_secret_access_key') },
  },
);
console.log(`Bucket ${bucket} and the pipeline's user are ready.`);
