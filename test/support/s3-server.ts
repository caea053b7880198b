import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Settings } from '../../adapters/settings.js';
import { findProgram } from '../../infra/servers.js';
import { freePort } from '../../infra/stack/ports.js';
import type { Credentials } from '../../infra/stack/state.js';
import { minio } from './minio.js';
import { skipWithout } from './missing.js';
import { versitygw } from './versitygw.js';

/** How an S3 server is started, and given a bucket and a user who may touch that bucket and nothing else. */
export interface S3ServerKind {
  readonly title: string;
  /** @param folder an empty folder of the server's own */
  command(
    folder: string,
    address: string,
    root: Credentials,
  ): { readonly parameters: readonly string[]; readonly environment: Readonly<Record<string, string>> };
  /** Path that answers with success once the server is ready. */
  readonly readyPath: string;
  provision(
    endpoint: string,
    root: Credentials,
    wanted: { readonly bucket: string; readonly region: string; readonly user: Credentials },
  ): Promise<void>;
  /** An administrator's request, which the pipeline's user must be refused. */
  readonly adminRequest: { readonly method: string; readonly path: string };
}

const kinds = { minio, versitygw };

export interface S3Server {
  readonly kind: S3ServerKind;
  /** Of the pipeline's user. */
  readonly settings: S3Settings & Required<Pick<S3Settings, 'endpoint' | 'credentials'>>;
  readonly root: Credentials;
  /** Ends the server, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again after that, at the same address and with what it held. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The S3 server that STREAMSAGE_TEST_STORE names: minio, the default, or versitygw. */
export function chosenS3Server(): keyof typeof kinds {
  const name = process.env['STREAMSAGE_TEST_STORE'] || 'minio';
  if (name in kinds) return name as keyof typeof kinds;
  throw new Error(`Expected STREAMSAGE_TEST_STORE to be ${Object.keys(kinds).join(' or ')}, got \`${name}\``);
}

/**
 * A real S3 server of this test's own, with the pipeline's bucket and user; skips where a second one was not set up.
 * @param within where its folder is made
 */
export async function startS3Server(
  context: Mocha.Context,
  name = chosenS3Server(),
  within = tmpdir(),
): Promise<S3Server> {
  const kind = kinds[name];
  const program = findProgram(name);
  if (program === undefined) {
    if (name !== 'minio') return skipWithout(context, kind.title);
    throw new Error('There is no MinIO here: `npm run setup` installs one');
  }
  const folder = await mkdtemp(join(within, `streamsage-${name}-`));
  const secret = () => randomBytes(20).toString('hex');
  const root = { accessKeyId: `root-${secret().slice(0, 8)}`, secretAccessKey: secret() };
  const user = { accessKeyId: `user-${secret().slice(0, 8)}`, secretAccessKey: secret() };
  const address = `127.0.0.1:${await freePort(19_000 + (process.pid % 900))}`;
  const endpoint = `http://${address}`;
  const { parameters, environment } = kind.command(folder, address, root);
  const start = () =>
    spawn(program, parameters, {
      env: { PATH: process.env['PATH'], HOME: folder, ...environment },
      stdio: 'ignore',
    });
  let child = start();
  const kill = () => killed(child);
  const untilServing = () => untilReady(kind.title, `${endpoint}${kind.readyPath}`, child);
  const stop = async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  const place = { bucket: 'streamsage', region: 'us-east-1' };
  try {
    await untilServing();
    await kind.provision(endpoint, root, { ...place, user });
  } catch (error) {
    await stop();
    throw error;
  }
  const settings = { endpoint, ...place, credentials: () => Promise.resolve(user) };
  const restart = async () => {
    child = start();
    await untilServing();
  };
  return { kind, settings, root, kill, restart, stop };
}

/** What tells the pipeline of the server. */
export async function s3Environment({ settings }: S3Server): Promise<Record<string, string>> {
  const { accessKeyId, secretAccessKey } = await settings.credentials();
  return {
    AWS_ENDPOINT_URL_S3: settings.endpoint,
    AWS_REGION: settings.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    STREAMSAGE_BUCKET: settings.bucket,
  };
}

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

async function untilReady(title: string, url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`${title} ended with ${child.exitCode}`);
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${title} did not become ready`);
}
