import type { Logger as TemporalLogger, LogLevel as TemporalLevel, LogMetadata } from '@temporalio/common';
import pino from 'pino';
import { formatLogLine } from './log-text.js';
import { createRedaction } from './redaction.js';
import type { LogSettings } from './worker-settings.js';

/** Takes fields, then the message. */
export type Log = pino.Logger;

/**
 * The log of a process: one line an entry, on standard error, JSON unless text was asked for. What is written when the
 * process dies is written: nothing is buffered.
 * @param name of the process, in every line
 * @param write takes whole lines; for tests
 */
export function createLog(
  name: string,
  { level, format, secrets }: LogSettings,
  write: (line: string) => void = standardError(),
): Log {
  const redact = createRedaction(secrets);
  const render = format === 'text' ? formatLogLine : (line: string) => line;
  return pino(
    {
      level,
      messageKey: 'message',
      errorKey: 'error',
      base: { process: name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
    },
    { write: (line) => write(redact(render(line))) },
  );
}

function standardError(): (line: string) => void {
  const stream = pino.destination({ dest: 2, sync: true });
  // Whoever read the log may be gone: the worker goes on.
  stream.on('error', () => undefined);
  return (line) => stream.write(line);
}

/** Class and message from the first cause to the last: Temporal wraps an error twice. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, cause } = error;
  const { type } = error as { type?: unknown };
  return {
    type: typeof type === 'string' ? type : name,
    message,
    ...(cause instanceof Error ? { cause: describeError(cause) } : {}),
  };
}

/** What the SDK says at higher levels, and the pipeline says itself with more to it, or means to be so. */
const detailsOnly = new Set([
  'Activity failed',
  'No workflows registered, not polling for workflow tasks',
  'No Nexus services registered, not polling for Nexus tasks',
]);

/** The stage that an activity is a part of, where it is not called like one. */
export type StageOf = Readonly<Record<string, string>>;

/** Temporal's SDK and its core write to the same log, under the pipeline's names for things. */
export function temporalLogger(log: Log, stageOf: StageOf): TemporalLogger {
  const write = (level: TemporalLevel, message: string, meta?: LogMetadata) => {
    const own = detailsOnly.has(message) ? 'debug' : (level.toLowerCase() as Lowercase<TemporalLevel>);
    if (log.isLevelEnabled(own)) log[own](pipelineFields(meta, stageOf), message);
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

const renamed: Readonly<Record<string, string>> = {
  workflowId: 'run',
  taskQueue: 'queue',
  sdkComponent: 'component',
};
const left = new Set(['namespace', 'taskToken', 'isLocal', 'workflowRunId', 'runId', 'workflowType']);

/** @returns `run` for a workflow's id, `stage` for an activity's type, `attempt` as it is */
export function pipelineFields(meta: LogMetadata = {}, stageOf: StageOf = {}): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(meta)) {
    if (left.has(name) || value === undefined || isEmpty(value)) continue;
    if (name === 'activityType') fields['stage'] = stageOf[String(value)] ?? value;
    else fields[renamed[name] ?? name] = typeof value === 'bigint' ? String(value) : value;
  }
  return fields;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
