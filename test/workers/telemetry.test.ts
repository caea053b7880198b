import assert from 'node:assert/strict';
import type { MetricMeter } from '@temporalio/common';
import type { StageEvent } from '../../activities/telemetry.js';
import { createLog } from '../../adapters/logging.js';
import { createPipelineMetrics } from '../../adapters/metrics.js';
import { createTelemetry } from '../../workers/telemetry.js';

const attempt = { run: 'run-1', stage: 'train', attempt: 2 } as const;
const place = { engine: 'wasm', device: 'cpu' } as const;

/** A meter that keeps what is counted: `name{labels} value`. */
function recordingMeter() {
  const recorded: string[] = [];
  const metric = (name: string) => {
    const keep = (value: number, labels: object = {}) => {
      const text = Object.entries(labels).map(([label, word]) => `${label}=${String(word)}`);
      recorded.push(`${name}{${text.join(',')}} ${value}`);
    };
    return { add: keep, record: keep, set: keep };
  };
  const meter = { createCounter: metric, createHistogram: metric, createGauge: metric };
  return { meter: meter as unknown as MetricMeter, recorded };
}

function told(...events: StageEvent[]) {
  const lines: string[] = [];
  const log = createLog('w', { level: 'info', format: 'json', secrets: [] }, (line) => void lines.push(line));
  const { meter, recorded } = recordingMeter();
  const telemetry = createTelemetry(log, createPipelineMetrics(meter));
  for (const event of events) telemetry(attempt, event);
  return { recorded, entries: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('what happens in stages', () => {
  it('is in the log with run, stage and attempt', () => {
    const { entries } = told(
      { kind: 'started' },
      { kind: 'trainingBegan', epoch: 0, step: 0, epochs: 4 },
      { kind: 'trainingBegan', epoch: 2, step: 7, epochs: 4 },
      { kind: 'failed', seconds: 1.00049, error: 'DiskFullError', reason: 'no room', retried: true },
      { kind: 'interrupted', seconds: 1, reason: 'WORKER_SHUTDOWN' },
      { kind: 'ended', result: 'miss', seconds: 2, bytesRead: 3, bytesWritten: 4 },
    );
    assert.ok(
      entries.every(({ run, stage, attempt: of }) => run === 'run-1' && stage === 'train' && of === 2),
    );
    assert.deepEqual(
      entries.map(({ level, message }) => [level, message]),
      [
        ['info', 'stage started'],
        ['info', 'training begins'],
        ['info', 'training goes on from a checkpoint'],
        ['error', 'stage failed'],
        ['warn', 'stage interrupted'],
        ['info', 'stage ended'],
      ],
    );
    const { error, reason, retried, seconds } = entries[3]!;
    assert.deepEqual([error, reason, retried, seconds], ['DiskFullError', 'no room', true, 1]);
    assert.deepEqual([entries[5]!['result'], entries[5]!['bytesRead']], ['miss', 3]);
  });

  it('is counted, by stage and never by run', () => {
    const { recorded, entries } = told(
      { kind: 'read', bytes: 5 },
      { kind: 'written', bytes: 6 },
      { kind: 'stepsTaken', steps: 50, seconds: 2, ...place },
      { kind: 'trainingEnded', ...place },
      { kind: 'epochEnded', epoch: 1, epochs: 2, loss: 1, accuracy: 1, valLoss: 1, valAccuracy: 1 },
      { kind: 'checkpointSaved', epoch: 1, step: 0, bytes: 7, seconds: 0.5 },
      { kind: 'ended', result: 'hit', seconds: 3, bytesRead: 5, bytesWritten: 6 },
      { kind: 'failed', seconds: 4, error: 'DiskFullError', reason: 'no room', retried: false },
      { kind: 'cancelled', seconds: 5, reason: 'CANCELLED' },
    );
    assert.deepEqual(recorded, [
      'streamsage_store_read_bytes{stage=train} 5',
      'streamsage_store_written_bytes{stage=train} 6',
      'streamsage_training_steps{engine=wasm,device=cpu} 50',
      'streamsage_training_steps_per_second{engine=wasm,device=cpu} 25',
      'streamsage_training_steps_per_second{engine=wasm,device=cpu} 0',
      'streamsage_training_epochs{} 1',
      'streamsage_checkpoints{} 1',
      'streamsage_checkpoint_bytes{} 7',
      'streamsage_checkpoint_duration_seconds{} 0.5',
      'streamsage_stage_duration_seconds{stage=train,result=hit} 3',
      'streamsage_failures{stage=train,error=DiskFullError,retried=false} 1',
      'streamsage_stage_duration_seconds{stage=train,result=failed} 4',
      'streamsage_stage_duration_seconds{stage=train,result=cancelled} 5',
    ]);
    // Twenty a second would be no log.
    assert.ok(
      entries.every(({ message }) =>
        ['epoch ended', 'checkpoint saved', 'stage ended', 'stage failed', 'stage cancelled'].includes(
          message as string,
        ),
      ),
    );
  });
});
