import { provisionMinio } from '../../infra/stack/minio-admin.js';
import type { S3ServerKind } from './s3-server.js';

export const minio: S3ServerKind = {
  title: 'MinIO',
  command: (folder, address, { accessKeyId, secretAccessKey }) => ({
    parameters: ['server', folder, '--quiet', '--address', address],
    environment: {
      MINIO_ROOT_USER: accessKeyId,
      MINIO_ROOT_PASSWORD: secretAccessKey,
      MINIO_BROWSER: 'off',
    },
  }),
  readyPath: '/minio/health/ready',
  provision: provisionMinio,
  adminRequest: { method: 'GET', path: '/minio/admin/v3/list-users' },
};
