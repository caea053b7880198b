import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import { NotConfiguredError } from './errors.js';
import { type MovieLensSource, movielensSources } from './movielens.js';
import { projectRoot } from './project-root.js';

export interface TemporalSettings {
  readonly address: string;
  readonly namespace: string;
  /** Address of the web UI, where it is known. */
  readonly ui?: string;
  /** Whether the local stack says it, and not the environment. */
  readonly isLocal?: true;
  /** Address, TLS and API key, as the SDK's connections take them. */
  readonly connection: ConnectionOptions;
}

export interface S3Settings {
  /** Absent for AWS itself. */
  readonly endpoint?: string;
  readonly region: string;
  readonly bucket: string;
  /** Address of the store's web console, where it is known. */
  readonly console?: string;
  /** Whether the local stack says it, and not the environment. */
  readonly isLocal?: true;
  /** Absent: the AWS credential chain (environment, profile, instance role). */
  readonly credentials?: () => Promise<{ accessKeyId: string; secretAccessKey: string }>;
}

export interface Settings {
  readonly temporal: TemporalSettings;
  readonly s3: S3Settings;
}

/** What infra/stack writes for others to find it; each part once it runs. */
const stackSchemas = {
  temporal: z.object({ address: z.string(), namespace: z.string(), ui: z.string().exactOptional() }),
  s3: z.object({
    endpoint: z.string(),
    region: z.string(),
    bucket: z.string(),
    console: z.string().exactOptional(),
    /** Path of a file of mode 0600. */
    credentialsFile: z.string(),
  }),
};

type StackFile = { readonly [Part in keyof typeof stackSchemas]: z.infer<(typeof stackSchemas)[Part]> };

const credentialsSchema = z.object({ accessKeyId: z.string().min(1), secretAccessKey: z.string().min(1) });

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where Temporal and the store are: what the environment says (Temporal's and AWS's own variables), else the local
 * stack. A variable that is empty counts as not set.
 * @throws NotConfiguredError if neither says it, or what says it cannot be read
 */
export function loadSettings(environment: Environment = process.env): Settings {
  return { temporal: loadTemporalSettings(environment), s3: loadS3Settings(environment) };
}

/**
 * Temporal's part of it. TEMPORAL_NAMESPACE alone is one of the local stack's; what only another server has a use for, such
 * as an API key, is refused without that server's address.
 * @throws NotConfiguredError
 */
export function loadTemporalSettings(environment: Environment = process.env): TemporalSettings {
  return temporalFromEnvironment(environment) ?? temporalOfStack(environment);
}

/** The store's part of it. @throws NotConfiguredError */
export function loadS3Settings(environment: Environment = process.env): S3Settings {
  return s3FromEnvironment(environment) ?? s3OfStack(readStack(environment, 's3'));
}

/**
 * Where MovieLens 100K is downloaded from: STREAMSAGE_MOVIELENS_URL, several with commas, each an address or
 * `name=address`; else the publisher and copies that others keep.
 */
export function loadMovieLensSources(environment: Environment = process.env): readonly MovieLensSource[] {
  const configured = (environment['STREAMSAGE_MOVIELENS_URL'] ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => {
      const [, name, url] = /^([a-z0-9-]+)=(.+)$/.exec(text) ?? [];
      return name !== undefined && url !== undefined ? { name, url } : { url: text };
    });
  return configured.length > 0 ? configured : movielensSources;
}

/**
 * Whether a run may take its ratings from this machine and its network: STREAMSAGE_ALLOW_PRIVATE_SOURCES, else not.
 * Who may start a run could otherwise read what only the workers reach.
 * @throws NotConfiguredError
 */
export function loadPrivateSourcesAllowed(environment: Environment = process.env): boolean {
  const text = environment['STREAMSAGE_ALLOW_PRIVATE_SOURCES'] || 'false';
  if (text !== 'true' && text !== 'false') {
    throw new NotConfiguredError(
      `Expected STREAMSAGE_ALLOW_PRIVATE_SOURCES to be true or false, got \`${text}\``,
    );
  }
  return text === 'true';
}

export interface TrainingSettings {
  /** Seconds within an epoch after which a checkpoint is made. */
  readonly checkpointSeconds: number;
  /** Seconds without a word from the training child after which it is replaced. */
  readonly stallSeconds: number;
}

/**
 * How a training worker watches over its child: STREAMSAGE_CHECKPOINT_SECONDS, else 30; STREAMSAGE_STALL_SECONDS, else
 * 120 (loading TensorFlow on a GPU takes tens of seconds, a step less than one).
 * @throws NotConfiguredError
 */
export function loadTrainingSettings(environment: Environment = process.env): TrainingSettings {
  return {
    checkpointSeconds: secondsOf(environment, 'STREAMSAGE_CHECKPOINT_SECONDS', 30),
    stallSeconds: secondsOf(environment, 'STREAMSAGE_STALL_SECONDS', 120),
  };
}

function secondsOf(environment: Environment, name: string, otherwise: number): number {
  const text = environment[name];
  if (!text) return otherwise;
  const seconds = Number(text);
  if (!(seconds >= 1 && seconds <= 86_400)) {
    throw new NotConfiguredError(`Expected ${name} to be seconds from 1 to 86400, got \`${text}\``);
  }
  return seconds;
}

/** File that a worker writes as long as it takes work, for a health check: STREAMSAGE_PULSE_FILE, else none. */
export function loadPulseFile(environment: Environment = process.env): string | undefined {
  return environment['STREAMSAGE_PULSE_FILE'] || undefined;
}

/** Folder of the local stack's state: STREAMSAGE_STATE, else `.streamsage` beside package.json. */
export function stateFolder(environment: Environment = process.env): string {
  if (environment['STREAMSAGE_STATE']) return environment['STREAMSAGE_STATE'];
  return join(projectRoot(), '.streamsage');
}

function temporalFromEnvironment(environment: Environment): TemporalSettings | undefined {
  const names = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'];
  const given = names.filter((name) => environment[name]);
  if (given.length === 0) return undefined;
  checkConfigFile(environment['TEMPORAL_CONFIG_FILE']);
  const { connectionOptions, namespace } = readTemporalConfig(environment);
  const { address } = connectionOptions;
  if (!address) {
    throw new NotConfiguredError(
      `Expected TEMPORAL_ADDRESS, or an address in Temporal's profile, beside ${given.join(' and ')}, got neither`,
    );
  }
  checkTemporalAddress(address);
  return {
    address,
    namespace: namespace ?? 'default',
    ...(environment['STREAMSAGE_TEMPORAL_UI'] ? { ui: environment['STREAMSAGE_TEMPORAL_UI'] } : {}),
    connection: connectionOptions,
  };
}

/** What is no address is none a minute later either: it is said at once, and nothing waits for it. */
function checkTemporalAddress(address: string): void {
  const parts = /^(?:\[[\dA-Fa-f.:]+\]|[\p{L}\p{N}._-]+)(?::(\d+))?$/u.exec(address);
  if (parts && Number(parts[1] ?? 0) <= 65_535) return;
  throw new NotConfiguredError(
    `Expected TEMPORAL_ADDRESS, or the address in Temporal's profile, to be host:port, got \`${withoutPassword(address)}\``,
  );
}

function checkEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === '') return;
  throw new NotConfiguredError(
    `Expected AWS_ENDPOINT_URL_S3, or AWS_ENDPOINT_URL, to be http:// or https:// with a host, and no user name, got \`${withoutPassword(endpoint)}\``,
  );
}

/** What stands in front of an @ may be a password. */
function withoutPassword(address: string): string {
  return address.replace(/^.*@/s, '…@');
}

/** Temporal's reader takes a file that is not there for an empty one. */
function checkConfigFile(path: string | undefined): void {
  if (path && !existsSync(path)) {
    throw new NotConfiguredError(
      `Expected TEMPORAL_CONFIG_FILE to name a file, got \`${path}\`: there is none`,
    );
  }
}

/** A variable that would be passed over by the local server, which knows neither keys nor TLS. */
function remoteOnly(environment: Environment): string | undefined {
  const off = ['false', '0'];
  return Object.keys(environment).find(
    (name) =>
      environment[name] &&
      /^TEMPORAL_(API_KEY|TLS|GRPC_META_)/.test(name) &&
      !(name === 'TEMPORAL_TLS' && off.includes(environment[name].toLowerCase())),
  );
}

function readTemporalConfig(environment: Environment) {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
  try {
    return loadClientConnectConfig({ overrideEnvVars });
  } catch (error) {
    throw new NotConfiguredError(
      `Expected TEMPORAL_… variables to say where Temporal is, got: ${(error as Error).message}`,
    );
  }
}

function s3FromEnvironment(environment: Environment): S3Settings | undefined {
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL'];
  const bucket = environment['STREAMSAGE_BUCKET'];
  if (!endpoint && !bucket) return undefined;
  if (endpoint) checkEndpoint(endpoint);
  return {
    ...(endpoint ? { endpoint } : {}),
    region: environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'] || 'us-east-1',
    bucket: bucket || 'streamsage',
    ...(environment['STREAMSAGE_S3_CONSOLE'] ? { console: environment['STREAMSAGE_S3_CONSOLE'] } : {}),
  };
}

function readStack<Part extends keyof StackFile>(environment: Environment, part: Part): StackFile[Part] {
  const path = join(stateFolder(environment), 'stack.json');
  const schema = z.object({ version: z.literal(1), [part]: stackSchemas[part] });
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')))[part] as StackFile[Part];
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is none' : reasonOf(error);
    const variable = part === 'temporal' ? 'TEMPORAL_ADDRESS' : 'AWS_ENDPOINT_URL_S3';
    throw new NotConfiguredError(
      `Expected ${variable} in the environment or a local stack (${path}: ${reason}). Start one: npx --no-install streamsage up`,
    );
  }
}

function temporalOfStack(environment: Environment): TemporalSettings {
  const stray = remoteOnly(environment);
  if (stray !== undefined) {
    throw new NotConfiguredError(
      `Expected TEMPORAL_ADDRESS beside ${stray}, got none: the local stack has no use for ${stray}. Set the one or unset ` +
        'the other',
    );
  }
  const stack = readStack(environment, 'temporal');
  const namespace = environment['TEMPORAL_NAMESPACE'] || stack.namespace;
  return { ...stack, namespace, isLocal: true, connection: { address: stack.address } };
}

function s3OfStack({ credentialsFile, ...s3 }: StackFile['s3']): S3Settings {
  // Read when needed and not kept: no secret lies in settings that someone may print.
  const credentials = () => Promise.resolve().then(() => readCredentials(credentialsFile));
  return { ...s3, isLocal: true, credentials };
}

/** The key pair of the local stack's pipeline; undefined if there is no stack. */
export function stackCredentials(environment: Environment) {
  try {
    return readCredentials(readStack(environment, 's3').credentialsFile);
  } catch (error) {
    if (error instanceof NotConfiguredError) return undefined;
    throw error;
  }
}

function readCredentials(path: string) {
  try {
    return credentialsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    // A parser's message may quote what it read.
    const reason = (error as NodeJS.ErrnoException).code ?? 'not the JSON of a key and a secret';
    throw new NotConfiguredError(
      `Expected the store's credentials in ${path}, got: ${reason}. Make them again: npx --no-install streamsage up`,
    );
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return String(error);
  const { path, message } = error.issues[0]!;
  return `\`${path.join('.')}\`: ${message}`;
}
