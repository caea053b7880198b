import assert from 'node:assert/strict';
import { createLog, pipelineFields, temporalLogger } from '../../adapters/logging.js';
import type { LogSettings } from '../../adapters/worker-settings.js';

const json: LogSettings = { level: 'info', format: 'json', secrets: [] };

function logOf(settings: Partial<LogSettings> = {}) {
  const lines: string[] = [];
  const log = createLog('test-worker', { ...json, ...settings }, (line) => void lines.push(line));
  const entries = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, entries };
}

describe('the log', () => {
  it('is one JSON object a line: time, level as a word, process, message, fields', () => {
    const { log, lines, entries } = logOf();
    log.info({ run: 'r', seconds: 1.5 }, 'stage\nended');
    log.debug('too little to say');
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /^\{.*\}\n$/);
    const [{ time, ...rest } = {}] = entries();
    assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000);
    assert.deepEqual(rest, {
      ...{ level: 'info', process: 'test-worker', pid: process.pid },
      ...{ run: 'r', seconds: 1.5, message: 'stage\nended' },
    });
  });

  it('names an error by its class, down to its first cause', () => {
    const { log, entries } = logOf();
    class DiskFullError extends Error {
      override readonly name = 'DiskFullError';
    }
    log.error({ error: new Error('it failed', { cause: new DiskFullError('no room') }) }, 'x');
    assert.deepEqual(entries()[0]!['error'], {
      type: 'Error',
      message: 'it failed',
      cause: { type: 'DiskFullError', message: 'no room' },
    });
  });

  it('is text for a person: time, level, where, what, the rest', () => {
    const { log, lines } = logOf({ format: 'text' });
    const attempt = { run: 'r1', stage: 'train' };
    log.warn({ ...attempt, attempt: 2, seconds: 1.23456, error: 'X' }, 'stage failed');
    log.info({ ...attempt, attempt: 1, stack: 'at here' }, 'hello');
    assert.match(
      lines[0]!,
      /^\d\d:\d\d:\d\d\.\d{3} WARN {2}\[r1 train attempt 2\] stage failed seconds=1\.235 error=X\n$/,
    );
    assert.match(lines[1]!, /INFO {2}\[r1 train\] hello\nat here\n$/);
  });

  it('shows no secret, however it got there', () => {
    const secrets = ['s3cr3t-key/with+signs', 'say "please"', 'in'];
    for (const format of ['json', 'text'] as const) {
      const { log, lines } = logOf({ format, secrets });
      log.info(
        { url: 'http://ann:hunter22@host/x', header: 'Key s3cr3t-key/with+signs' },
        'say "please" in time',
      );
      log.info(`?signature=${encodeURIComponent(secrets[0]!)}`);
      const text = lines.join('');
      for (const shown of ['s3cr3t', 'please', 'hunter22', 'ann'])
        assert.ok(!text.includes(shown), `${shown} in ${text}`);
      // One that is too short to be one is left alone.
      assert.match(text, /in time/);
      assert.match(text, /http:\/\/\[redacted\]@host\/x/);
    }
  });
});

describe("Temporal's logger", () => {
  it('says run, stage and attempt for what the SDK calls workflow, activity and attempt', () => {
    const info = {
      workflowId: 'r',
      activityType: 'window',
      attempt: 3,
      taskQueue: 'q',
      sdkComponent: 'activity',
    };
    const left = { taskToken: 'long', namespace: 'default', workflowRunId: 'id', spanContexts: [] };
    assert.deepEqual(pipelineFields({ ...info, ...left }), {
      ...{ run: 'r', stage: 'window', attempt: 3, queue: 'q', component: 'activity' },
    });
    assert.equal(
      pipelineFields({ activityType: 'planTraining' }, { planTraining: 'train' })['stage'],
      'train',
    );
    assert.equal(pipelineFields({ bytes: 12n })['bytes'], '12');
  });

  it('writes to the log at its level, and at debug what the pipeline says itself', () => {
    const { log, entries } = logOf();
    const logger = temporalLogger(log, {});
    logger.warn('Activity failed', { workflowId: 'r' });
    logger.warn('Workflow failed', { workflowId: 'r', error: new Error('why') });
    logger.debug('Activity started');
    logger.log('ERROR', 'Core has lost its way', { sdkComponent: 'core' });
    assert.deepEqual(
      entries().map(({ level, message, run }) => [level, message, run]),
      [
        ['warn', 'Workflow failed', 'r'],
        ['error', 'Core has lost its way', undefined],
      ],
    );
  });
});
