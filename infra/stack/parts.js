import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtDigest } from '../build.js';
import { findProgram } from '../servers.js';
import { provisionMinio } from './minio-admin.js';
import { freePort } from './ports.js';
import { isRunning, lastLines, startProcess } from './processes.js';
import { ensureCredentials, stateFolder, writeStack } from './state.js';

/** @typedef {import('./state.js').Stack} Stack */
/** @typedef {import('./state.js').Part} Part */

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
const host = '127.0.0.1';
const namespace = 'default';
const region = 'us-east-1';
const bucket = 'streamsage';
const startupMs = 60_000;

/** What runs can be filtered by: workflows/search-attributes.ts, in the words of Temporal's command line. */
export const searchAttributes = {
  StreamSageDataset: 'Keyword',
  StreamSageRecipe: 'Keyword',
  StreamSageOutcome: 'Keyword',
  StreamSageStartedBy: 'Keyword',
  StreamSageAuc: 'Double',
};

/** In the order in which they start; they stop in reverse. */
export const partNames = /** @type {const} */ (['temporal', 'minio', 'data-worker', 'train-worker']);

/** What every part may know of the environment. Addresses and credentials come from files. */
function baseEnvironment() {
  const kept = [
    'PATH',
    'HOME',
    'LANG',
    'TZ',
    'TMPDIR',
    'NODE_EXTRA_CA_CERTS',
    'SSL_CERT_FILE',
    'HTTPS_PROXY',
    'NO_PROXY',
  ];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept.includes(name)));
}

/** @param {string} name */
function logOf(name) {
  return join(stateFolder(), 'logs', `${name}.log`);
}

/**
 * @param {'temporal' | 'minio'} name
 * @returns {string}
 */
function requireProgram(name) {
  const program = findProgram(name);
  if (!program) throw new Error(`Expected a program for ${name}, got none: run \`npm run setup\``);
  return program;
}

/**
 * The port of an address that was used before, else a default.
 * @param {string | undefined} address
 * @param {number} otherwise
 */
function portOf(address, otherwise) {
  return Number(/:(\d+)$/.exec(address ?? '')?.[1] ?? otherwise);
}

/** @param {Stack} stack */
export async function startTemporal(stack) {
  const port = await freePort(portOf(stack.temporal?.address, 7233));
  const ui = await freePort(portOf(stack.temporal?.ui, 8233), new Set([port]));
  const folder = stateFolder();
  stack.temporal = { address: `${host}:${port}`, namespace, ui: `http://${host}:${ui}` };
  const part = await startProcess(
    requireProgram('temporal'),
    [
      ...[
        'server',
        'start-dev',
        '--ip',
        host,
        '--port',
        String(port),
        '--ui-ip',
        host,
        '--ui-port',
        String(ui),
      ],
      ...['--namespace', namespace, '--db-filename', join(folder, 'temporal.db'), '--log-level', 'warn'],
      ...Object.entries(searchAttributes).flatMap(([name, type]) => [
        '--search-attribute',
        `${name}=${type}`,
      ]),
    ],
    { ...recording(stack, 'temporal'), env: baseEnvironment(), cwd: folder },
  );
  await untilAnswers('temporal', part, () => temporalAnswers(stack));
}

/** The web UI's own API answers only when the server behind it does. @param {Stack} stack */
export async function temporalAnswers(stack) {
  const url = `${stack.temporal?.ui}/api/v1/namespaces/${namespace}`;
  return answers(url);
}

/** @param {Stack} stack */
export async function startMinio(stack) {
  const port = await freePort(portOf(stack.s3?.endpoint, 9000));
  const consolePort = await freePort(portOf(stack.s3?.console, 9001), new Set([port]));
  const folder = stateFolder();
  const root = await ensureCredentials('minio-root');
  const user = await ensureCredentials('pipeline');
  const endpoint = `http://${host}:${port}`;
  stack.s3 = {
    endpoint,
    region,
    bucket,
    console: `http://${host}:${consolePort}`,
    credentialsFile: user.file,
  };
  const part = await startProcess(
    requireProgram('minio'),
    [
      ...['server', join(folder, 'minio'), '--quiet'],
      ...['--address', `${host}:${port}`, '--console-address', `${host}:${consolePort}`],
    ],
    {
      ...recording(stack, 'minio'),
      cwd: folder,
      env: {
        ...baseEnvironment(),
        MINIO_ROOT_USER: root.credentials.accessKeyId,
        MINIO_ROOT_PASSWORD: root.credentials.secretAccessKey,
        MINIO_UPDATE: 'off',
      },
    },
  );
  await untilAnswers('minio', part, () => minioAnswers(stack));
  await provisionMinio(endpoint, root.credentials, { bucket, region, user: user.credentials });
}

/** @param {Stack} stack */
export async function minioAnswers(stack) {
  return answers(`${stack.s3?.endpoint}/minio/health/ready`);
}

/**
 * @param {Stack} stack
 * @param {'data-worker' | 'train-worker'} name
 */
export async function startWorker(stack, name) {
  if ((await builtDigest()) === undefined)
    throw new Error('Expected a build in dist/, got none: run `npm run setup`');
  const inputs = await workerInputs(stack);
  const { log, record } = recording(stack, name);
  await startProcess(process.execPath, [join(projectRoot, 'dist', 'workers', `${name}.js`)], {
    log,
    record: (part) => record({ ...part, inputs }),
    cwd: stateFolder(),
    env: {
      ...baseEnvironment(),
      ...workerConfiguration(process.env),
      ...metricsOf(name),
      STREAMSAGE_STATE: stateFolder(),
    },
    awaitReady: true,
  });
}

/**
 * Digest of all that a worker takes in when it starts: the build, where its servers are, what the environment says.
 * One that started with other inputs has to be started anew.
 * @param {Stack} stack
 */
export async function workerInputs({ temporal, s3 }) {
  const inputs = [await builtDigest(), temporal, s3, Object.entries(workerConfiguration(process.env)).sort()];
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

/**
 * Two workers cannot serve their metrics at one address: the training worker takes the port after the data worker's.
 * @param {'data-worker' | 'train-worker'} name
 */
function metricsOf(name) {
  const given = process.env['STREAMSAGE_METRICS_ADDRESS'];
  if (!given || name === 'data-worker') return {};
  return { STREAMSAGE_METRICS_ADDRESS: given.replace(/\d+$/, (port) => String(Number(port) + 1)) };
}

/** The variables of our own that workers of the stack take from the environment; where their state is, they are told. */
const workerVariables = new Set([
  'STREAMSAGE_ALLOW_PRIVATE_SOURCES',
  'STREAMSAGE_BUCKET',
  'STREAMSAGE_BUILD_ID',
  'STREAMSAGE_CHECKPOINT_SECONDS',
  'STREAMSAGE_COMMIT',
  'STREAMSAGE_DEPLOYMENT',
  'STREAMSAGE_LOG_FORMAT',
  'STREAMSAGE_LOG_LEVEL',
  'STREAMSAGE_METRICS_ADDRESS',
  'STREAMSAGE_MOVIELENS_URL',
  'STREAMSAGE_S3_CONSOLE',
  'STREAMSAGE_STALL_SECONDS',
  'STREAMSAGE_TEMPORAL_UI',
  'STREAMSAGE_TRAIN_DEVICES',
]);

/**
 * What the environment configures for workers: theirs, Temporal's and AWS's variables.
 * @param {NodeJS.ProcessEnv} environment
 */
export function workerConfiguration(environment) {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => workerVariables.has(name) || /^(TEMPORAL|AWS)_/.test(name),
    ),
  );
}

/**
 * A part's log, and how it is written down.
 * @param {Stack} stack
 * @param {string} name
 */
function recording(stack, name) {
  const record = (/** @type {Part} */ part) => {
    stack.parts[name] = part;
    writeStack(stack);
  };
  return { log: logOf(name), record };
}

/** @param {string} url */
async function answers(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/**
 * @param {string} name
 * @param {Part} part
 * @param {() => Promise<boolean>} check
 */
async function untilAnswers(name, part, check) {
  const deadline = Date.now() + startupMs;
  while (!(await check())) {
    if (!(await isRunning(part)) || Date.now() > deadline) {
      throw new Error(`${name} did not come up. The end of ${part.log}:\n${await lastLines(part.log)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
