/**
 * The servers that the local stack and the tests run: a Temporal server and MinIO, and for `npm run test:full` a second
 * S3 server. Each is taken from where it is: an explicit path, PATH, the cache, the official download, and if there is
 * none it is built from pinned source.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache.js';
import { findOnPath, runCommand } from './command.js';
import { ensureGo } from './go.js';
import { withLock } from './lock.js';

/**
 * @typedef {object} ServerProgram
 * @property {string} title
 * @property {string} version
 * @property {string} variable environment variable with an explicit path
 * @property {string} source Go package at a pinned version; Go's checksum database vouches for it
 * @property {readonly string[]} configured environment variables that say a server runs elsewhere
 * @property {string} [release] base address of the official download
 * @property {number} buildMinutes on two cores
 */

/** @type {Readonly<Record<'temporal' | 'minio' | 'versitygw', ServerProgram>>} */
export const servers = {
  temporal: {
    title: 'Temporal server',
    version: '1.5.1',
    variable: 'TEMPORAL_CLI',
    source: 'github.com/temporalio/cli/cmd/temporal@v1.5.1',
    configured: ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'],
    release: 'https://github.com/temporalio/cli/releases/download/v1.5.1/',
    buildMinutes: 3,
  },
  // MinIO's project is archived: there is no official build any more, its last source is pinned.
  minio: {
    title: 'MinIO',
    version: '20260212201848',
    variable: 'MINIO_PROGRAM',
    source: 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c',
    configured: ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL', 'STREAMSAGE_BUCKET'],
    buildMinutes: 2,
  },
  // A maintained S3 server of other make, for tests alone.
  versitygw: {
    title: 'versitygw',
    version: '1.8.0',
    variable: 'VERSITYGW_PROGRAM',
    source: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
    configured: [],
    buildMinutes: 3,
  },
};

/** @typedef {keyof typeof servers} ServerName */

/**
 * Where each server's program is; undefined where there is none yet.
 * @returns {Promise<{ temporal?: string, minio?: string }>}
 */
export async function serverPrograms() {
  const [temporal, minio] = [findProgram('temporal'), findProgram('minio')];
  return { ...(temporal ? { temporal } : {}), ...(minio ? { minio } : {}) };
}

/**
 * @param {ServerName} name
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {string | undefined}
 */
export function findProgram(name, environment = process.env) {
  const { variable } = servers[name];
  const explicit = environment[variable];
  if (explicit) {
    if (!existsSync(explicit))
      throw new Error(`Expected a program at ${variable}=${explicit}, got nothing there`);
    return explicit;
  }
  const cached = cachedProgram(name);
  return findOnPath(name, environment) ?? (existsSync(cached) ? cached : undefined);
}

/**
 * Whether the environment says that this server runs elsewhere, so that none is needed here.
 * @param {ServerName} name
 * @param {NodeJS.ProcessEnv} [environment]
 */
export function isConfigured(name, environment = process.env) {
  return servers[name].configured.some((variable) => environment[variable]);
}

/** @param {ServerName} name */
function cachedProgram(name) {
  return join(cacheFolder(), name, servers[name].version, name);
}

/**
 * Finds a server's program, or brings it.
 * @param {ServerName} name
 * @param {(phase: string) => void} report
 * @returns {Promise<string>} its path
 */
export async function ensureServer(name, report) {
  const found = findProgram(name);
  if (found) return found;
  const program = cachedProgram(name);
  const folder = join(program, '..');
  await mkdir(folder, { recursive: true });
  return withLock(
    join(folder, 'lock'),
    async () => {
      if (existsSync(program)) return program;
      const partial = join(folder, 'partial');
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial);
      const work = join(folder, 'work');
      const made = (await download(name, partial, report)) ?? (await build(name, partial, work, report));
      await chmod(made, 0o755);
      await rename(made, program);
      for (const left of [partial, work]) await rm(left, { recursive: true, force: true });
      return program;
    },
    (pid) => report(`waiting for process ${pid}, which is installing it`),
  );
}

/**
 * The official download, checked against the release's checksums; undefined if there is none, or it cannot be reached.
 * @param {ServerName} name
 * @param {string} folder
 * @param {(phase: string) => void} report
 */
async function download(name, folder, report) {
  const { release, version, title } = servers[name];
  const base = process.env['STREAMSAGE_TEMPORAL_RELEASE'] ?? release;
  if (!base || name !== 'temporal') return undefined;
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const asset = `temporal_cli_${version}_${process.platform}_${architecture}.tar.gz`;
  report(`downloading ${title} ${version}`);
  const checksums = await fetchBytes(new URL('checksums.txt', base), 10_000);
  const archive = checksums && (await fetchBytes(new URL(asset, base), 600_000));
  if (!archive) {
    report('the official download cannot be reached');
    return undefined;
  }
  const wanted = checksumOf(checksums.toString(), asset);
  const got = createHash('sha256').update(archive).digest('hex');
  if (wanted !== got) {
    throw new Error(
      `Expected ${asset} with SHA-256 ${wanted ?? '(not listed)'}, got ${got}: it was altered on its way`,
    );
  }
  const file = join(folder, asset);
  await writeFile(file, archive);
  // Only the one member: nothing else of the archive touches the disk.
  await runCommand('tar', ['-xzf', file, '-C', folder, name]);
  return join(folder, name);
}

/**
 * @param {string} checksums lines of digest and file name
 * @param {string} asset
 */
export function checksumOf(checksums, asset) {
  for (const line of checksums.split('\n')) {
    const [digest, file] = line.trim().split(/\s+\*?/);
    if (file === asset) return digest;
  }
  return undefined;
}

/**
 * @param {URL} url
 * @param {number} timeoutMs
 */
async function fetchBytes(url, timeoutMs) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {ServerName} name
 * @param {string} folder
 * @param {string} work what Go fetches and compiles on the way: an interrupted build goes on from there
 * @param {(phase: string) => void} report
 */
async function build(name, folder, work, report) {
  const { source, buildMinutes, title } = servers[name];
  const go = await ensureGo(report);
  report(`building ${title} from source (about ${buildMinutes} minutes)`);
  await runCommand(go, ['install', '-trimpath', source], {
    env: {
      ...process.env,
      GOBIN: folder,
      GOCACHE: join(work, 'build'),
      GOMODCACHE: join(work, 'modules'),
      CGO_ENABLED: '0',
      GOFLAGS: '-modcacherw',
    },
  });
  return join(folder, name);
}
