import type { Client } from '@temporalio/client';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Telemetry } from '../activities/telemetry.js';
import { cannotReach, isNoWayThrough } from '../adapters/errors.js';
import { createLog, type Log } from '../adapters/logging.js';
import { createPipelineMetrics } from '../adapters/metrics.js';
import { installRuntime } from '../adapters/runtime.js';
import { awaitBucket } from '../adapters/s3-bucket.js';
import { loadPulseFile, loadSettings, type Settings } from '../adapters/settings.js';
import { clientOver, connectWorker } from '../adapters/temporal.js';
import {
  loadDeploymentVersion,
  loadFallbackLogSettings,
  loadLogSettings,
  loadMetricsAddress,
  type LogSettings,
} from '../adapters/worker-settings.js';
import type { DeploymentVersion } from '../adapters/worker-deployment.js';
import { activityStages } from '../workflows/contract.js';
import { startPulse } from './pulse.js';
import { createTelemetry } from './telemetry.js';
import { versioned, workerOptions } from './worker-options.js';

/** What a worker's process has before its workers are made. */
export interface WorkerProcess {
  readonly settings: Settings;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Over the workers' own connection. */
  readonly client: Client;
}

/** Describes the workers of a process, one for each queue. */
export type DescribeWorkers = (
  of: WorkerProcess,
) => (Partial<WorkerOptions> & { readonly taskQueue: string })[];

/**
 * A worker's process from its start to its end: reads the settings, looks whether the store and Temporal let it in, polls
 * until a signal asks it to stop (the SDK drains on SIGTERM and SIGINT). Whatever else ends it is a line in its log, and
 * the exit code 3 where a server is away or refuses, 1 otherwise.
 */
export async function runWorkerProcess(name: string, describe: DescribeWorkers): Promise<void> {
  const log = createLog(name, tolerantLogSettings());
  logWhatNobodyCaught(log);
  try {
    const logSettings = loadLogSettings();
    const settings = loadSettings();
    const metricsAddress = loadMetricsAddress();
    const version = loadDeploymentVersion();
    const meter = installRuntime(log, logSettings, metricsAddress, activityStages);
    if (metricsAddress !== undefined) log.info({ address: metricsAddress }, 'metrics are served');
    await awaitBucket(settings.s3, ({ message }) =>
      log.warn({ reason: message }, 'worker waits for the store'),
    );
    const connection = await connectWorker(settings, ({ message }) =>
      log.warn({ reason: message }, 'worker waits for Temporal'),
    );
    try {
      const telemetry = createTelemetry(log, createPipelineMetrics(meter));
      const client = clientOver(connection, settings);
      const described = describe({ settings, log, telemetry, client });
      await runWorkers(log, connection, settings, described, version);
    } finally {
      await connection.close();
    }
  } catch (error) {
    fail(log, error, 'worker ended');
    // Of a worker that failed while it polled, something may stay that keeps the process.
    process.exit(isNoWayThrough(error) ? cannotReach : 1);
  }
}

async function runWorkers(
  log: Log,
  connection: NativeConnection,
  { temporal }: Settings,
  described: ReturnType<DescribeWorkers>,
  version: DeploymentVersion | undefined,
): Promise<void> {
  const workers: Worker[] = [];
  for (const options of described) {
    const { namespace } = temporal;
    const all = { ...workerOptions, ...versioned(version), connection, namespace };
    workers.push(await Worker.create({ ...all, ...options }));
  }
  const running = workers.map((worker) => worker.run());
  const endPulse = startPulse(workers, connection, loadPulseFile());
  const queues = described.map(({ taskQueue }) => taskQueue);
  log.info({ queues, ...(version ? { buildId: version.buildId } : {}) }, 'worker polls');
  tellParent();
  try {
    await Promise.all(running);
  } catch (error) {
    // One has failed: the others drain before the process ends.
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.allSettled(running);
    throw error;
  } finally {
    endPulse();
  }
  log.info('worker has drained');
}

/** Says to a parent that waits for it that the worker polls. */
function tellParent(): void {
  if (!process.send) return;
  process.send({ ready: true });
  // The parent's end is not this worker's: it outlives whoever started it.
  process.disconnect();
}

/** A level that does not exist is told of in a log that works. */
function tolerantLogSettings(): LogSettings {
  try {
    return loadLogSettings();
  } catch {
    return loadFallbackLogSettings();
  }
}

/** What would else be text between the lines, written by Node itself. */
function logWhatNobodyCaught(log: Log): void {
  const end = (error: unknown) => {
    fail(log, error, 'worker ended by an error that nobody caught');
    process.exit(1);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => log.warn({ warning: name }, message));
}

function fail(log: Log, error: unknown, what: string): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  // A class of the pipeline's own says what is wrong and what to do.
  const named = name.endsWith('Error') && !['Error', 'TypeError', 'RangeError'].includes(name);
  log.fatal({ error: name, reason: message, ...(named ? {} : { stack }) }, what);
}
