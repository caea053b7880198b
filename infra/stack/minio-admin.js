import { encryptAdminBody } from './admin-encryption.js';
import { signedHeaders } from './signature.js';

/** @typedef {import('./state.js').Credentials} Credentials */

const policyName = 'streamsage-pipeline';
/** MinIO says that it is ready a moment before it takes requests. */
const initialisingMs = 30_000;

/**
 * Makes the bucket and the pipeline's own user, who may touch that bucket and nothing else. Doing it again does no harm.
 * @param {string} endpoint
 * @param {Credentials} root
 * @param {{ bucket: string, region: string, user: Credentials }} wanted
 */
export async function provisionMinio(endpoint, root, { bucket, region, user }) {
  const send = requester(endpoint, root, region);
  await send('PUT', `/${bucket}`, undefined, ['BucketAlreadyOwnedByYou']);
  const admin = '/minio/admin/v3';
  await send('PUT', `${admin}/add-canned-policy?name=${policyName}`, JSON.stringify(pipelinePolicy(bucket)));
  const account = JSON.stringify({ secretKey: user.secretAccessKey, status: 'enabled' });
  await send(
    'PUT',
    `${admin}/add-user?accessKey=${user.accessKeyId}`,
    encryptAdminBody(root.secretAccessKey, Buffer.from(account)),
  );
  const grant = new URLSearchParams({ isGroup: 'false', policyName, userOrGroup: user.accessKeyId });
  await send('PUT', `${admin}/set-user-or-group-policy?${grant.toString()}`);
}

/** What the pipeline may do. @param {string} bucket */
export function pipelinePolicy(bucket) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['s3:ListBucket', 's3:GetBucketLocation'],
        Resource: [`arn:aws:s3:::${bucket}`],
      },
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
        Resource: [`arn:aws:s3:::${bucket}/*`],
      },
    ],
  };
}

/**
 * @param {string} endpoint
 * @param {Credentials} credentials
 * @param {string} region
 */
function requester(endpoint, credentials, region) {
  /**
   * @param {string} method
   * @param {string} path
   * @param {string | Uint8Array} [content]
   * @param {readonly string[]} [accepted] error codes that are as good as success
   */
  return async (method, path, content = '', accepted = []) => {
    const url = new URL(path, endpoint);
    const body = Buffer.from(content);
    const deadline = Date.now() + initialisingMs;
    for (;;) {
      const headers = signedHeaders(credentials, { method, url, body, region });
      const response = await fetch(url, { method, headers, body: body.length > 0 ? body : null });
      const text = await response.text();
      if (response.ok || accepted.some((code) => text.includes(code))) return;
      if (!text.includes('NotInitialized') || Date.now() > deadline) {
        throw new Error(
          `MinIO answered ${method} ${url.pathname} with ${response.status}: ${text.slice(0, 300)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
}
