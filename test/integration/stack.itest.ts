import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { startTimeOf } from '../../infra/stack/processes.js';
import { killForGood, startStack, type TestStack } from '../support/stack.js';

describe('the local stack', function () {
  this.timeout(120_000);
  let stack: TestStack;
  before(async () => (stack = await startStack()));
  after(() => stack.stop());

  const states = async () =>
    Object.entries(await stack.parts()).map(([name, { state }]) => `${name} ${state}`);
  const allRunning = ['temporal running', 'minio running', 'data-worker running', 'train-worker running'];

  it('runs every part, and listens on the loopback alone', async () => {
    assert.deepEqual(await states(), allRunning);
    const { stdout } = await stack.stack('status');
    assert.deepEqual(
      [...stdout.matchAll(/https?:\/\/([^:/]+)/g)]
        .map(([, host]) => host)
        .filter((host) => host !== '127.0.0.1'),
      [],
    );
    assert.ok(stack.settings.temporal.address.startsWith('127.0.0.1:'));
  });

  it('keeps credentials where only their owner reads', async () => {
    const modes = await Promise.all(
      ['.', 'stack.json', 'minio-root.credentials.json', 'pipeline.credentials.json'].map(
        async (name) => (await stat(join(stack.folder, name))).mode & 0o777,
      ),
    );
    assert.deepEqual(modes, [0o700, 0o600, 0o600, 0o600]);
  });

  it('is left alone by a second `up`', async () => {
    const before = await stack.parts();
    const started = Date.now();
    assert.equal((await stack.stack('up')).code, 0);
    assert.ok(Date.now() - started < 3000);
    assert.deepEqual(await stack.parts(), before);
  });

  for (const name of ['temporal', 'minio', 'data-worker', 'train-worker']) {
    it(`notices that ${name} was killed, and mends it alone`, async () => {
      const before = await stack.parts();
      await killForGood(before[name]!.pid!);
      const status = await stack.stack('status');
      assert.equal(status.code, 1);
      assert.match(status.stdout, new RegExp(`${name} +crashed +see .*${name}\\.log`));
      const up = await stack.stack('up');
      assert.equal(up.code, 0, up.stderr);
      assert.match(up.stderr, new RegExp(`${name} +mended`));
      const after = await stack.parts();
      for (const [other, { pid, state }] of Object.entries(after)) {
        assert.equal(state, 'running', other);
        assert.equal(pid === before[other]!.pid, other !== name, other);
      }
    });
  }

  it('takes the next free ports beside another stack', async () => {
    const other = await startStack();
    try {
      assert.notEqual(other.settings.temporal.address, stack.settings.temporal.address);
      assert.notEqual(other.settings.s3.endpoint, stack.settings.s3.endpoint);
    } finally {
      await other.stop();
    }
  });

  it('comes back with what it held after `down`, and leaves no process meanwhile', async () => {
    const { createS3ObjectStore } = await import('../../adapters/s3-object-store.js');
    await createS3ObjectStore(stack.settings.s3).put('kept', Uint8Array.of(4, 2), 'x/y');
    const before = await stack.parts();
    assert.equal((await stack.stack('down')).code, 0);
    for (const { pid } of Object.values(before)) assert.equal(await startTimeOf(pid!), undefined);
    assert.ok((await states()).every((state) => state.endsWith('stopped')));
    assert.equal((await stack.stack('status')).code, 1);
    assert.equal((await stack.stack('up')).code, 0);
    assert.deepEqual(await states(), allRunning);
    const { loadSettings } = await import('../../adapters/settings.js');
    const { s3 } = loadSettings({ STREAMSAGE_STATE: stack.folder });
    const kept = await createS3ObjectStore(s3).get('kept');
    assert.deepEqual(new Uint8Array(kept!), Uint8Array.of(4, 2));
  });
});
