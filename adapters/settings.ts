import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NotConfiguredError } from './errors.js';

export interface TemporalSettings {
  readonly address: string;
  readonly namespace: string;
  /** Address of the web UI, where it is known. */
  readonly ui?: string;
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
  /** Absent: the AWS credential chain (environment, profile, instance role). */
  readonly credentials?: () => Promise<{ accessKeyId: string; secretAccessKey: string }>;
}

export interface Settings {
  readonly temporal: TemporalSettings;
  readonly s3: S3Settings;
}

/** What infra/stack writes for others to find it. */
interface StackFile {
  readonly temporal: { readonly address: string; readonly namespace: string; readonly ui?: string };
  readonly s3: {
    readonly endpoint: string;
    readonly region: string;
    readonly bucket: string;
    readonly console?: string;
    readonly credentialsFile: string;
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where Temporal and the store are: what the environment says (Temporal's and AWS's own variables), else the local
 * stack.
 * @throws NotConfiguredError if neither says it
 */
export function loadSettings(environment: Environment = process.env): Settings {
  return {
    temporal:
      temporalFromEnvironment(environment) ?? temporalOfStack(requireStack(environment, 'TEMPORAL_ADDRESS')),
    s3: s3FromEnvironment(environment) ?? s3OfStack(requireStack(environment, 'AWS_ENDPOINT_URL_S3')),
  };
}

/** Where MovieLens 100K is downloaded from: STREAMSAGE_MOVIELENS_URL (several with commas), else the publisher. */
export function loadMovieLensUrls(environment: Environment = process.env): string[] {
  const configured = environment['STREAMSAGE_MOVIELENS_URL'];
  if (!configured) return ['https://files.grouplens.org/datasets/movielens/ml-100k.zip'];
  return configured.split(',').map((url) => url.trim());
}

/** Folder of the local stack's state: STREAMSAGE_STATE, else `.streamsage` beside package.json. */
export function stateFolder(environment: Environment = process.env): string {
  if (environment['STREAMSAGE_STATE']) return environment['STREAMSAGE_STATE'];
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, '.streamsage');
}

function temporalFromEnvironment(environment: Environment): TemporalSettings | undefined {
  const names = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'];
  if (!names.some((name) => environment[name])) return undefined;
  const { connectionOptions, namespace } = loadClientConnectConfig({
    overrideEnvVars: environment as Record<string, string>,
  });
  return {
    address: connectionOptions.address ?? 'localhost:7233',
    namespace: namespace ?? 'default',
    ...(environment['STREAMSAGE_TEMPORAL_UI'] ? { ui: environment['STREAMSAGE_TEMPORAL_UI'] } : {}),
    connection: connectionOptions,
  };
}

function s3FromEnvironment(environment: Environment): S3Settings | undefined {
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
  const bucket = environment['STREAMSAGE_BUCKET'];
  if (!endpoint && !bucket) return undefined;
  return {
    ...(endpoint ? { endpoint } : {}),
    region: environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    bucket: bucket ?? 'streamsage',
    ...(environment['STREAMSAGE_S3_CONSOLE'] ? { console: environment['STREAMSAGE_S3_CONSOLE'] } : {}),
  };
}

function requireStack(environment: Environment, variable: string): StackFile {
  const path = join(stateFolder(environment), 'stack.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as StackFile;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is none' : String(error);
    throw new NotConfiguredError(
      `Expected ${variable} in the environment or a local stack (${path}: ${reason}). Start one: streamsage up`,
    );
  }
}

function temporalOfStack({ temporal }: StackFile): TemporalSettings {
  return { ...temporal, connection: { address: temporal.address } };
}

function s3OfStack({ s3: { credentialsFile, ...s3 } }: StackFile): S3Settings {
  // Read when needed and not kept: no secret lies in settings that someone may print.
  const credentials = () =>
    Promise.resolve(
      JSON.parse(readFileSync(credentialsFile, 'utf8')) as { accessKeyId: string; secretAccessKey: string },
    );
  return { ...s3, credentials };
}
