import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Settings } from '../../adapters/settings.js';
import { serverPrograms } from '../../infra/servers.js';
import { provisionMinio } from '../../infra/stack/minio-admin.js';
import { freePort } from '../../infra/stack/ports.js';

export interface TestMinio {
  /** Of the pipeline's user. */
  readonly settings: S3Settings & { readonly endpoint: string };
  /** Ends the server, as a crash would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** A real MinIO of this test's own, with the pipeline's bucket and user. */
export async function startMinio(): Promise<TestMinio> {
  const { minio } = await serverPrograms();
  if (minio === undefined) throw new Error('There is no MinIO here: `npm run setup` installs one');
  const folder = await mkdtemp(join(tmpdir(), 'streamsage-minio-'));
  const secret = () => randomBytes(20).toString('hex');
  const root = { accessKeyId: `root-${secret().slice(0, 8)}`, secretAccessKey: secret() };
  const user = { accessKeyId: `user-${secret().slice(0, 8)}`, secretAccessKey: secret() };
  const port = await freePort(19_000);
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(minio, ['server', folder, '--quiet', '--address', `127.0.0.1:${port}`], {
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      MINIO_ROOT_USER: root.accessKeyId,
      MINIO_ROOT_PASSWORD: root.secretAccessKey,
      MINIO_BROWSER: 'off',
    },
    stdio: 'ignore',
  });
  await untilReady(`${endpoint}/minio/health/ready`, child);
  const place = { bucket: 'streamsage', region: 'us-east-1' };
  await provisionMinio(endpoint, root, { ...place, user });
  const kill = () =>
    new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
  return {
    settings: { endpoint, ...place, credentials: () => Promise.resolve(user) },
    kill,
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`MinIO ended with ${child.exitCode}`);
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('MinIO did not become ready');
}
