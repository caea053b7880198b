import { isIP } from 'node:net';
import { NotConfiguredError } from './errors.js';
import { type Environment, stackCredentials } from './settings.js';
import type { DeploymentVersion } from './worker-deployment.js';

/** Kinds of device that a training worker may offer. */
export type TrainingDevice = 'cpu' | 'gpu';

/**
 * For which devices a training worker polls: STREAMSAGE_TRAIN_DEVICES (`cpu`, `gpu` or `cpu,gpu`), else the CPU, and the
 * GPU where there is one to offer.
 * @throws NotConfiguredError
 */
export function loadTrainingDevices(
  hasGpu: boolean,
  environment: Environment = process.env,
): readonly TrainingDevice[] {
  const given = environment['STREAMSAGE_TRAIN_DEVICES'];
  if (!given) return hasGpu ? ['cpu', 'gpu'] : ['cpu'];
  const named = new Set(given.split(',').map((device) => device.trim().toLowerCase()));
  const devices = (['cpu', 'gpu'] as const).filter((device) => named.has(device));
  if (devices.length === 0 || devices.length !== named.size) {
    throw new NotConfiguredError(
      `Expected STREAMSAGE_TRAIN_DEVICES to be cpu, gpu or cpu,gpu, got \`${given}\``,
    );
  }
  return devices;
}

/** Under this name all workers of StreamSage are versions of one thing, unless STREAMSAGE_DEPLOYMENT says another. */
const usualDeployment = 'streamsage';

/** @throws NotConfiguredError */
export function loadDeploymentName(environment: Environment = process.env): string {
  return deploymentWord(environment, 'STREAMSAGE_DEPLOYMENT') ?? usualDeployment;
}

/**
 * Which version of the code a worker is: STREAMSAGE_BUILD_ID, in the deployment STREAMSAGE_DEPLOYMENT. Undefined: none is
 * said, and any worker takes up any run.
 * @throws NotConfiguredError
 */
export function loadDeploymentVersion(environment: Environment = process.env): DeploymentVersion | undefined {
  const buildId = deploymentWord(environment, 'STREAMSAGE_BUILD_ID');
  return buildId === undefined ? undefined : { deploymentName: loadDeploymentName(environment), buildId };
}

function deploymentWord(environment: Environment, name: string): string | undefined {
  const given = environment[name];
  if (!given) return undefined;
  // A server joins the two by a colon, and gives names such as `__internal` to its own.
  if (!/^(?!__)[\w.+-]{1,100}$/.test(given)) {
    throw new NotConfiguredError(
      `Expected ${name} to be at most 100 letters, digits, dots, dashes, pluses and underlines, got \`${given.slice(0, 120)}\``,
    );
  }
  return given;
}

export type LogLevel = (typeof logLevels)[number];
const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
const logFormats = ['json', 'text'] as const;

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: (typeof logFormats)[number];
  /** What must not be in a line, should a library put it there. */
  readonly secrets: readonly string[];
}

/**
 * STREAMSAGE_LOG_LEVEL, else info; STREAMSAGE_LOG_FORMAT, else text for a person at a terminal and JSON for programs.
 * @throws NotConfiguredError
 */
export function loadLogSettings(
  environment: Environment = process.env,
  isTerminal = process.stderr.isTTY,
): LogSettings {
  return {
    level: choiceOf(environment, 'STREAMSAGE_LOG_LEVEL', logLevels, 'info'),
    format: choiceOf(environment, 'STREAMSAGE_LOG_FORMAT', logFormats, isTerminal ? 'text' : 'json'),
    secrets: secretsIn(environment),
  };
}

/** The same where level or format cannot be read, so that there is a log to say so in. */
export function loadFallbackLogSettings(environment: Environment = process.env): LogSettings {
  return loadLogSettings({ ...environment, STREAMSAGE_LOG_LEVEL: '', STREAMSAGE_LOG_FORMAT: '' });
}

/** Values of the variables that hold secrets, and the local stack's secret key. */
function secretsIn(environment: Environment): string[] {
  const names = [
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'TEMPORAL_API_KEY',
    'TEMPORAL_TLS_CLIENT_KEY_DATA',
  ];
  const values = names.map((name) => environment[name]);
  return [...values, stackCredentials(environment)?.secretAccessKey].filter((value) => value !== undefined);
}

function choiceOf<const Choice extends string>(
  environment: Environment,
  name: string,
  choices: readonly Choice[],
  otherwise: Choice,
): Choice {
  const given = environment[name];
  if (!given) return otherwise;
  const found = choices.find((choice) => choice === given.toLowerCase());
  if (found === undefined)
    throw new NotConfiguredError(`Expected ${name} to be ${choices.join(', ')}, got \`${given}\``);
  return found;
}

/**
 * Where a worker serves its metrics: STREAMSAGE_METRICS_ADDRESS, host:port. Undefined: nowhere.
 * @throws NotConfiguredError
 */
export function loadMetricsAddress(environment: Environment = process.env): string | undefined {
  const given = environment['STREAMSAGE_METRICS_ADDRESS'];
  if (!given) return undefined;
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(given) ?? [];
  const address = host === 'localhost' ? '127.0.0.1' : host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) === 0 || Number(port) < 1 || Number(port) > 65_535) {
    throw new NotConfiguredError(
      `Expected STREAMSAGE_METRICS_ADDRESS to be an IP address and a port, such as 127.0.0.1:9464, got \`${given}\``,
    );
  }
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
