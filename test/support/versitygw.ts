import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipelinePolicy } from '../../infra/stack/minio-admin.js';
import { signedHeaders } from '../../infra/stack/signature.js';
import type { Credentials } from '../../infra/stack/state.js';
import type { S3ServerKind } from './s3-server.js';

/** https://github.com/versity/versitygw: objects are files of a folder; users are of its own, a bucket's policy admits them. */
export const versitygw: S3ServerKind = {
  title: 'versitygw',
  command(folder, address, { accessKeyId, secretAccessKey }) {
    const [objects, attributes, users] = ['objects', 'attributes', 'users'].map((name) => {
      const path = join(folder, name);
      mkdirSync(path);
      return path;
    }) as [string, string, string];
    return {
      // Attributes beside the objects: not every file system keeps them on a file.
      parameters: [
        ...['--quiet', '--port', address, '--health', '/health', '--iam-dir', users],
        ...['posix', '--sidecar', attributes, objects],
      ],
      environment: { ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
    };
  },
  readyPath: '/health',
  async provision(endpoint, root, { bucket, region, user }) {
    const send = requester(endpoint, root, region);
    const account = { Access: user.accessKeyId, Secret: user.secretAccessKey, Role: 'user' };
    const fields = Object.entries(account).map(([name, value]) => `<${name}>${value}</${name}>`);
    await send('PATCH', '/create-user', `<Account>${fields.join('')}</Account>`);
    await send('PUT', `/${bucket}`);
    const { Version, Statement } = pipelinePolicy(bucket);
    const Principal = { AWS: [user.accessKeyId] };
    const policy = { Version, Statement: Statement.map((statement) => ({ ...statement, Principal })) };
    await send('PUT', `/${bucket}?policy=`, JSON.stringify(policy));
  },
  adminRequest: { method: 'PATCH', path: '/list-users' },
};

function requester(endpoint: string, root: Credentials, region: string) {
  return async (method: string, path: string, content = ''): Promise<void> => {
    const url = new URL(path, endpoint);
    const body = Buffer.from(content);
    const headers = signedHeaders(root, { method, url, body, region });
    const response = await fetch(url, { method, headers, body: body.length > 0 ? body : null });
    if (!response.ok) {
      throw new Error(
        `versitygw answered ${method} ${path} with ${response.status}: ${await response.text()}`,
      );
    }
  };
}
