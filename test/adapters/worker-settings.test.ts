import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotConfiguredError } from '../../adapters/errors.js';
import {
  loadFallbackLogSettings,
  loadLogSettings,
  loadMetricsAddress,
  loadTrainingDevices,
} from '../../adapters/worker-settings.js';

/** No local stack is looked for where this test runs. */
const nowhere = { STREAMSAGE_STATE: '/nowhere' };

describe("a worker's log", () => {
  it('is JSON for programs, text at a terminal, and what was asked for', () => {
    assert.deepEqual(loadLogSettings(nowhere, false), { level: 'info', format: 'json', secrets: [] });
    assert.equal(loadLogSettings(nowhere, true).format, 'text');
    const asked = { ...nowhere, STREAMSAGE_LOG_LEVEL: 'DEBUG', STREAMSAGE_LOG_FORMAT: 'json' };
    assert.deepEqual(loadLogSettings(asked, true), { level: 'debug', format: 'json', secrets: [] });
  });

  it('has a level and a format that exist', () => {
    for (const [name, message] of [
      ['STREAMSAGE_LOG_LEVEL', /STREAMSAGE_LOG_LEVEL to be trace, debug, info, warn, error, got `loud`/],
      ['STREAMSAGE_LOG_FORMAT', /STREAMSAGE_LOG_FORMAT to be json, text, got `loud`/],
    ] as const) {
      assert.throws(
        () => loadLogSettings({ ...nowhere, [name]: 'loud' }),
        (error: Error) => {
          assert.ok(error instanceof NotConfiguredError);
          assert.match(error.message, message);
          return true;
        },
      );
    }
  });

  it('says what is wrong with its settings in a log that has others, and shows no secret there either', () => {
    const wrong = { STREAMSAGE_LOG_LEVEL: 'loud', STREAMSAGE_LOG_FORMAT: 'loud', TEMPORAL_API_KEY: 'key' };
    const { level, secrets } = loadFallbackLogSettings({ ...nowhere, ...wrong });
    assert.deepEqual([level, secrets], ['info', ['key']]);
  });

  it('knows what must not be in it: secrets of the environment, and of the local stack', () => {
    const folder = mkdtempSync(join(tmpdir(), 'streamsage-'));
    try {
      const credentialsFile = join(folder, 'pipeline.json');
      writeFileSync(credentialsFile, JSON.stringify({ accessKeyId: 'key', secretAccessKey: 'of the stack' }));
      const s3 = { endpoint: 'http://127.0.0.1:9', region: 'r', bucket: 'b', credentialsFile };
      writeFileSync(join(folder, 'stack.json'), JSON.stringify({ version: 1, s3 }));
      const { secrets } = loadLogSettings({
        STREAMSAGE_STATE: folder,
        AWS_ACCESS_KEY_ID: 'no secret',
        AWS_SECRET_ACCESS_KEY: 'one',
        AWS_SESSION_TOKEN: 'two',
        TEMPORAL_API_KEY: 'three',
        TEMPORAL_TLS_CLIENT_KEY_DATA: 'four',
      });
      assert.deepEqual(secrets, ['one', 'two', 'three', 'four', 'of the stack']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the address of metrics', () => {
  const read = (given?: string) =>
    loadMetricsAddress(given === undefined ? {} : { STREAMSAGE_METRICS_ADDRESS: given });

  it('is off unless it is set', () => {
    assert.equal(read(), undefined);
    assert.equal(read(''), undefined);
  });

  it('is an IP address and a port', () => {
    assert.equal(read('127.0.0.1:9464'), '127.0.0.1:9464');
    assert.equal(read('localhost:9464'), '127.0.0.1:9464');
    assert.equal(read('[::1]:9464'), '[::1]:9464');
    assert.equal(read('::1:9464'), '[::1]:9464');
  });

  it('is refused if it is anything else, with an example', () => {
    for (const wrong of [
      '9464',
      ':9464',
      'metrics.example:9464',
      '127.0.0.1',
      '127.0.0.1:0',
      '127.0.0.1:70000',
    ])
      assert.throws(() => read(wrong), {
        name: 'NotConfiguredError',
        message: /such as 127\.0\.0\.1:9464, got `/,
      });
  });
});

describe('the devices of a training worker', () => {
  it('are the CPU, and a GPU where there is one, or those that are named', () => {
    const read = (given: string | undefined, hasGpu = false) =>
      loadTrainingDevices(hasGpu, given === undefined ? {} : { STREAMSAGE_TRAIN_DEVICES: given });
    assert.deepEqual(read(undefined), ['cpu']);
    assert.deepEqual(read('', true), ['cpu', 'gpu']);
    assert.deepEqual(read('gpu'), ['gpu']);
    assert.deepEqual(read('cpu', true), ['cpu']);
    assert.deepEqual(read('GPU, cpu'), ['cpu', 'gpu']);
    for (const wrong of ['tpu', 'cpu;gpu', 'cpu,tpu', ','])
      assert.throws(() => read(wrong), { name: 'NotConfiguredError', message: /cpu, gpu or cpu,gpu, got `/ });
  });
});
