import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { answers } from '../../cli/answers.js';
import { isRunning, startTimeOf } from '../../infra/stack/processes.js';
import { skipWithout } from '../support/missing.js';
import { killForGood, startStack, type TestStack } from '../support/stack.js';

const entry = fileURLToPath(new URL('../../infra/stack/main.js', import.meta.url));

/** Whether something answers there. */
function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

describe('the local stack', function () {
  this.timeout(120_000);
  let stack: TestStack;
  before(async () => (stack = await startStack()));
  after(() => stack.stop());

  const states = async () =>
    Object.entries(await stack.parts()).map(([name, { state }]) => `${name} ${state}`);
  const allRunning = ['temporal running', 'minio running', 'data-worker running', 'train-worker running'];

  it('is not started by `npm start` with flags that cannot work', async () => {
    const state = await mkdtemp(join(tmpdir(), 'streamsage-refused-'));
    try {
      const start = fileURLToPath(new URL('../../infra/start.js', import.meta.url));
      const environment = { ...process.env, STREAMSAGE_STATE: state };
      const running = promisify(execFile)(process.execPath, [start, '--epochs', '0'], { env: environment });
      const { code, stderr } = await running.then(
        () => assert.fail('it should have been refused'),
        (error: unknown) => error as { code: number; stderr: string },
      );
      assert.equal(code, 2);
      assert.match(stderr, /`epochs` to be a whole number from 1 to 10000, got `0`/);
      await assert.rejects(stat(join(state, 'stack.json')));
    } finally {
      await rm(state, { recursive: true, force: true });
    }
  });

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

  it("cannot be reached at the machine's other addresses", async function () {
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((network) => network?.family === 'IPv4' && !network.internal);
    if (others.length === 0) skipWithout(this, 'a network address besides the loopback');
    const { temporal, s3 } = stack.settings;
    const places = [temporal.address, temporal.ui, s3.endpoint, s3.console];
    const ports = places.map((place) => Number(/:(\d+)$/.exec(place!)![1]));
    for (const port of ports) {
      assert.ok(await isOpen('127.0.0.1', port), String(port));
      for (const other of others)
        assert.ok(!(await isOpen(other!.address, port)), `${other!.address}:${port}`);
    }
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
    answers.up.parse(JSON.parse((await stack.stack('up', '--json')).stdout));
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

  it('lets workers follow a server whose port was taken meanwhile', async () => {
    const before = await stack.parts();
    const port = Number(stack.settings.temporal.address.split(':')[1]);
    await killForGood(before['temporal']!.pid!);
    const thief = createServer().listen(port, '127.0.0.1');
    try {
      const up = await stack.stack('up');
      assert.equal(up.code, 0, up.stderr);
    } finally {
      thief.close();
    }
    const after = await stack.parts();
    const moved = Object.keys(after).filter((name) => after[name]!.pid !== before[name]!.pid);
    assert.deepEqual(moved, ['temporal', 'data-worker', 'train-worker']);
  });

  it('comes back with what it held after `down`, and leaves no process meanwhile', async () => {
    const { createS3ObjectStore } = await import('../../adapters/s3-object-store.js');
    await createS3ObjectStore(stack.settings.s3).put('kept', Uint8Array.of(4, 2), 'x/y');
    const before = await stack.parts();
    const down = await stack.stack('down', '--json');
    assert.equal(down.code, 0);
    answers.down.parse(JSON.parse(down.stdout));
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

describe('a local stack whose `up` was killed', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'streamsage-killed-'))));
  afterEach(async () => {
    await run('down').catch(() => undefined);
    for (const pid of await serversIn(folder)) await killForGood(pid);
    await rm(folder, { recursive: true, force: true });
  });

  const start = (...parameters: string[]) =>
    spawn(process.execPath, [entry, ...parameters], {
      env: { ...process.env, STREAMSAGE_STATE: folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    });

  /** Runs a verb to its end. */
  async function run(verb: string): Promise<number | null> {
    const child = start(verb);
    child.stderr.resume();
    return new Promise((resolve) => child.once('exit', resolve));
  }

  /** Calls `up` and kills it when it has said that this many parts have started. */
  async function killUpAfter(count: number): Promise<void> {
    const child = start('up');
    const gone = new Promise((resolve) => child.once('exit', resolve));
    let said = '';
    for await (const chunk of child.stderr) {
      said += String(chunk);
      if (said.split(' started in ').length > count) child.kill('SIGKILL');
    }
    await gone;
    assert.equal(child.signalCode, 'SIGKILL', said);
  }

  for (const count of [1, 2, 3]) {
    it(`after ${count} of 4 parts goes on from there, with each server once, and goes down whole`, async () => {
      await killUpAfter(count);
      assert.equal(await run('up'), 0);
      assert.equal((await serversIn(folder)).length, 2);
      const { parts } = JSON.parse(await readFile(join(folder, 'stack.json'), 'utf8')) as {
        parts: Record<string, { pid: number; startTime: string; log: string }>;
      };
      assert.equal(Object.keys(parts).length, 4);
      assert.equal(await run('down'), 0);
      assert.deepEqual(await serversIn(folder), []);
      for (const part of Object.values(parts)) assert.equal(await isRunning(part), false);
    });
  }
});

/** Processes whose command line names this folder. */
async function serversIn(folder: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,args=']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(folder))
    .map((line) => Number.parseInt(line, 10));
}
