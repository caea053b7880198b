import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, startProcess, stopProcess } from '../../infra/stack/processes.js';

describe('starting a part of the stack', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'streamsage-processes-'))));
  after(() => rm(folder, { recursive: true, force: true }));

  const start = (script: string, awaitReady = false) => {
    const recorded: { pid: number; startTime: string; log: string }[] = [];
    const part = startProcess(process.execPath, ['-e', script], {
      log: join(folder, 'part.log'),
      env: {},
      cwd: folder,
      record: (started) => recorded.push(started),
      awaitReady,
    });
    return { part, recorded };
  };

  it('records the process before it is ready', async () => {
    const script = 'setTimeout(() => process.send({ ready: true }), 1500); setInterval(() => {}, 1000);';
    const { part, recorded } = start(script, true);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(recorded.length, 1);
    assert.equal(await Promise.race([part, Promise.resolve('not ready')]), 'not ready');
    const started = await part;
    assert.deepEqual(recorded, [started]);
    assert.equal(await isRunning(started), true);
    await stopProcess(started);
    assert.equal(await isRunning(started), false);
    await stopProcess(started);
  });

  it('fails with the end of the log if the process ends before it is ready', async () => {
    const { part } = start("console.error('the reason'); process.exitCode = 3;", true);
    await assert.rejects(part, /ended with 3\n(.*\n)*the reason/);
  });

  it('fails if there is no such program', async () => {
    const part = startProcess(join(folder, 'nothing'), [], {
      log: join(folder, 'part.log'),
      env: {},
      cwd: folder,
      record: () => assert.fail('nothing was started'),
    });
    await assert.rejects(part, /nothing: spawn .*ENOENT/);
  });
});
