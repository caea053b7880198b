import type { StageAttempt, StageEvent, Telemetry } from '../activities/telemetry.js';
import type { Log } from '../adapters/logging.js';
import type { PipelineMetrics } from '../adapters/metrics.js';

/** Tells the log and the metrics what happens in stages. */
export function createTelemetry(log: Log, metrics: PipelineMetrics): Telemetry {
  return (attempt, event) => {
    count(metrics, attempt, event);
    write(log, attempt, event);
  };
}

function write(log: Log, attempt: StageAttempt, { kind, ...fields }: StageEvent): void {
  const entry = { ...attempt, ...rounded(fields) };
  switch (kind) {
    case 'read':
    case 'written':
    case 'stepsTaken':
    case 'trainingEnded':
      return;
    case 'failed':
      log.error(entry, 'stage failed');
      return;
    case 'cancelled':
      log.info(entry, 'stage cancelled');
      return;
    case 'interrupted':
      log.warn(entry, 'stage interrupted');
      return;
    case 'processSaid':
      log.info(entry, 'training process says');
      return;
    case 'trainingBegan':
      log.info(entry, trainingBegins(entry) ? 'training begins' : 'training goes on from a checkpoint');
      return;
    default:
      log.info(entry, messages[kind]);
  }
}

const messages = {
  started: 'stage started',
  ended: 'stage ended',
  placed: 'training has its queue',
  planned: 'training planned',
  epochEnded: 'epoch ended',
  checkpointSaved: 'checkpoint saved',
  processStarted: 'training process started',
  processEnded: 'training process ended',
} as const;

function trainingBegins(entry: object): boolean {
  const { epoch, step } = entry as { readonly epoch: number; readonly step: number };
  return epoch === 0 && step === 0;
}

/** Seconds to the millisecond: more would be noise. */
function rounded<Fields extends object>(fields: Fields): Fields {
  const { seconds } = fields as { readonly seconds?: number };
  return seconds === undefined ? fields : { ...fields, seconds: Number(seconds.toFixed(3)) };
}

function count(metrics: PipelineMetrics, { stage }: StageAttempt, event: StageEvent): void {
  switch (event.kind) {
    case 'read':
      metrics.bytesRead.add(event.bytes, { stage });
      return;
    case 'written':
      metrics.bytesWritten.add(event.bytes, { stage });
      return;
    case 'ended':
      metrics.stageDuration.record(event.seconds, { stage, result: event.result });
      return;
    case 'failed':
      metrics.failures.add(1, { stage, error: event.error, retried: event.retried });
      metrics.stageDuration.record(event.seconds, { stage, result: 'failed' });
      return;
    case 'cancelled':
    case 'interrupted':
      metrics.stageDuration.record(event.seconds, { stage, result: event.kind });
      return;
    case 'stepsTaken': {
      const { steps, seconds, engine, device } = event;
      metrics.trainingSteps.add(steps, { engine, device });
      metrics.trainingRate.set(steps / Math.max(seconds, 0.001), { engine, device });
      return;
    }
    case 'trainingEnded':
      metrics.trainingRate.set(0, { engine: event.engine, device: event.device });
      return;
    case 'epochEnded':
      metrics.epochs.add(1);
      return;
    case 'checkpointSaved':
      metrics.checkpoints.add(1);
      metrics.checkpointBytes.add(event.bytes);
      metrics.checkpointDuration.record(event.seconds);
      return;
    default:
  }
}
