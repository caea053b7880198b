import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import { createS3Client, createS3ObjectStore } from '../../adapters/s3-object-store.js';
import type { S3Settings } from '../../adapters/settings.js';
import type { ObjectStore } from '../../artifacts/object-store.js';
import { findProgram } from '../../infra/servers.js';
import { provisionMinio } from '../../infra/stack/minio-admin.js';
import { searchAttributes } from '../../infra/stack/parts.js';
import { freePort } from '../../infra/stack/ports.js';
import { killForGood, untilGone } from '../support/stack.js';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.js';

/** A process that is started again whenever it has ended, as a supervisor would. */
export interface Supervised {
  readonly name: string;
  pid(): number | undefined;
  /** kill -9. @param away how long until it is started again, milliseconds */
  kill(away?: number): Promise<void>;
  /** SIGTERM. @returns the exit code */
  drain(): Promise<number | null>;
  /** SIGSTOP, and SIGCONT after so long; killed meanwhile, another takes its place. */
  suspend(milliseconds: number): Promise<void>;
}

/** Real servers and workers of the soak's own, in a folder that goes when it ends. */
export interface World {
  readonly client: Client;
  /** The store, past the proxy. */
  readonly store: ObjectStore;
  readonly proxy: FaultyProxy;
  readonly temporal: Supervised;
  readonly minio: Supervised;
  readonly dataWorkers: readonly Supervised[];
  readonly trainWorkers: readonly Supervised[];
  /** Processes that train now. */
  trainingChildren(): Promise<number[]>;
  /** Ends the workers in good order. @returns what they have left over, in words; nothing if all is well */
  drainAll(): Promise<string[]>;
  /** The last lines of every worker's log. */
  logs(): Promise<string>;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const place = { bucket: 'streamsage', region: 'us-east-1' };

export async function startWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'streamsage-soak-'));
  const work = join(folder, 'work');
  await mkdir(work);
  const secret = () => randomBytes(20).toString('hex');
  const rootUser = { accessKeyId: `root-${secret().slice(0, 8)}`, secretAccessKey: secret() };
  const user = { accessKeyId: `user-${secret().slice(0, 8)}`, secretAccessKey: secret() };
  const taken = new Set<number>();
  const port = async (from: number) => {
    const free = await freePort(from, taken);
    taken.add(free);
    return free;
  };
  const minioPort = await port(19_300);
  const temporalPort = await port(17_300);
  const endpoint = `http://127.0.0.1:${minioPort}`;
  const ended: (() => Promise<void>)[] = [];
  const supervise = (name: string, program: string, words: string[], environment: NodeJS.ProcessEnv) => {
    const process = supervised(name, program, words, {
      env: { PATH: globalThis.process.env['PATH'], HOME: folder, TMPDIR: work, ...environment },
      log: join(folder, `${name}.log`),
    });
    ended.push(() => process.end());
    return process;
  };
  const minio = supervise(
    'minio',
    required('minio'),
    ['server', join(folder, 'minio'), '--quiet', '--address', `127.0.0.1:${minioPort}`],
    {
      MINIO_ROOT_USER: rootUser.accessKeyId,
      MINIO_ROOT_PASSWORD: rootUser.secretAccessKey,
      MINIO_BROWSER: 'off',
    },
  );
  const temporal = supervise(
    'temporal',
    required('temporal'),
    [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(temporalPort), '--headless'],
      ...['--db-filename', join(folder, 'temporal.db'), '--log-level', 'error'],
      ...Object.entries(searchAttributes).flatMap(([name, type]) => [
        '--search-attribute',
        `${name}=${type}`,
      ]),
    ],
    {},
  );
  await until('MinIO', async () => (await fetch(`${endpoint}/minio/health/ready`)).ok);
  await provisionMinio(endpoint, rootUser, { ...place, user });
  const address = `127.0.0.1:${temporalPort}`;
  const connection = Connection.lazy({ address });
  await until('Temporal', () => connection.ensureConnected().then(() => true));
  const client = new Client({ connection });
  const proxy = await startFaultyProxy(endpoint);
  const environment = {
    TEMPORAL_ADDRESS: address,
    AWS_ENDPOINT_URL_S3: proxy.endpoint,
    AWS_REGION: place.region,
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
    STREAMSAGE_BUCKET: place.bucket,
    STREAMSAGE_STATE: join(folder, 'nowhere'),
    STREAMSAGE_STALL_SECONDS: '5',
    STREAMSAGE_CHECKPOINT_SECONDS: '1',
    STREAMSAGE_LOG_LEVEL: 'info',
  };
  const worker = (kind: 'data' | 'train', index: number) =>
    supervise(
      `${kind}-worker-${index}`,
      process.execPath,
      [join(root, `dist/workers/${kind}-worker.js`)],
      environment,
    );
  const dataWorkers = [worker('data', 1), worker('data', 2)];
  const trainWorkers = [worker('train', 1), worker('train', 2)];
  const settings: S3Settings = { endpoint, ...place, credentials: () => Promise.resolve(user) };
  const trainingChildren = async () => {
    const children = await Promise.all(trainWorkers.map((one) => childrenOf(one.pid())));
    return children.flat();
  };
  return {
    ...{ client, proxy, temporal, minio, dataWorkers, trainWorkers, trainingChildren },
    store: createS3ObjectStore(settings),
    async drainAll() {
      const children = await trainingChildren();
      const left: string[] = [];
      for (const one of [...dataWorkers, ...trainWorkers]) {
        const code = await one.drainForGood();
        if (code !== 0) left.push(`${one.name} ended with ${code} when it was drained`);
      }
      for (const child of children) {
        if (await isThere(child)) left.push(`training process ${child}`);
      }
      left.push(...(await readdir(work)).map((name) => `temporary file ${name}`));
      // The pipeline's user may not ask this.
      const s3 = createS3Client({ ...settings, credentials: () => Promise.resolve(rootUser) });
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: place.bucket }));
      left.push(...Uploads.map(({ Key }) => `half an object ${Key}`));
      s3.destroy();
      return left;
    },
    async logs() {
      const names = (await readdir(folder)).filter((name) => name.includes('worker'));
      const texts = names.map(async (name) => {
        const lines = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
        return [`== ${name}`, ...lines.slice(-20)].join('\n');
      });
      return (await Promise.all(texts)).join('\n');
    },
    async stop() {
      await connection.close();
      for (const end of ended.reverse()) await end();
      await proxy.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function required(name: 'minio' | 'temporal'): string {
  const program = findProgram(name);
  if (!program) throw new Error(`There is no program for ${name} here: \`npm run setup\` installs one`);
  return program;
}

/** How long a supervisor waits before it starts again what has ended, milliseconds. */
const restartMs = 500;

function supervised(
  name: string,
  program: string,
  words: readonly string[],
  { env, log }: { readonly env: NodeJS.ProcessEnv; readonly log: string },
) {
  let child: ChildProcess | undefined;
  let isOver = false;
  let held = 0;
  const start = () => {
    if (isOver) return;
    if (held > Date.now()) {
      setTimeout(start, held - Date.now());
      return;
    }
    child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>>"$SOAK_LOG"', program, ...words], {
      env: { ...env, SOAK_LOG: log },
      stdio: 'ignore',
    });
    child.once('exit', () => {
      child = undefined;
      setTimeout(start, restartMs);
    });
  };
  start();
  const drain = async () => {
    const draining = child;
    if (!draining?.pid) return null;
    draining.kill('SIGTERM');
    await new Promise<void>((resolve) => {
      if (draining.exitCode !== null || draining.signalCode !== null) resolve();
      draining.once('exit', () => resolve());
    });
    return draining.exitCode;
  };
  return {
    name,
    pid: () => child?.pid,
    /** @param away how long until it is started again */
    async kill(away = 0) {
      held = Date.now() + away;
      if (child?.pid) await killForGood(child.pid);
    },
    drain,
    async suspend(milliseconds: number) {
      const pid = child?.pid;
      if (pid === undefined) return;
      signal(pid, 'SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      signal(pid, 'SIGCONT');
    },
    /** Drains it, and starts no other. */
    async drainForGood() {
      while (!child?.pid) await new Promise((resolve) => setTimeout(resolve, 50));
      isOver = true;
      return drain();
    },
    async end() {
      isOver = true;
      if (child?.pid) await killForGood(child.pid);
    },
  };
}

/** A process that is gone needs no signal. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function childrenOf(pid: number | undefined): Promise<number[]> {
  if (pid === undefined) return [];
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text
    .trim()
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);
}

async function isThere(pid: number): Promise<boolean> {
  return Promise.race([
    untilGone(pid).then(() => false),
    new Promise<true>((resolve) => setTimeout(resolve, 3000, true)),
  ]);
}

async function until(what: string, isReady: () => Promise<boolean>): Promise<void> {
  for (let left = 300; left > 0; left--) {
    if (await isReady().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not become ready`);
}
