import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAlias, publishRun } from '../../artifacts/runs.js';
import { ensureBuild } from '../../infra/build.js';
import { dataQueue, workflowType } from '../../workflows/contract.js';
import { type FaultRig, startFaultRig, until } from '../support/fault-rig.js';
import type { S3Fault } from '../support/faulty-s3-proxy.js';
import { manifestOf } from '../support/manifest.js';
import { fewRatings } from '../support/training-job.js';

const program = fileURLToPath(new URL('../../cli/streamsage.js', import.meta.url));
const streamsage = 'npx --no-install streamsage';
const small = ['--epochs', '1', '--lstm-units', '4', '--dense-units', '4'];

describe('Ctrl-C', function () {
  this.timeout(240_000);
  let rig: FaultRig;
  let folder: string;
  before(async function () {
    await ensureBuild(() => undefined);
    rig = await startFaultRig(this);
  });
  after(() => rig.stop());
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'streamsage-stop-'))));
  afterEach(() => rm(folder, { recursive: true }));

  interface Interrupted {
    readonly child: ChildProcess;
    /** What it has said so far on standard error. */
    readonly said: () => string;
    /** Presses Ctrl-C. @returns exit code, and the last line */
    readonly interrupted: () => Promise<readonly [number | null, string]>;
  }

  function start(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Interrupted {
    const child = spawn(process.execPath, [program, ...words], {
      cwd: folder,
      env: { PATH: process.env['PATH'], STREAMSAGE_STATE: join(folder, 'state'), ...environment },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (piece) => (text += String(piece)));
    return {
      child,
      said: () => text,
      async interrupted() {
        const closed = once(child, 'close') as Promise<[number | null]>;
        child.kill('SIGINT');
        const [code] = await closed;
        assert.doesNotMatch(text, /^ +at /m);
        return [code, text.trimEnd().split('\n').at(-1)!] as const;
      },
    };
  }

  /** Starts a command that real servers answer, up to a request that the way to the store leaves hanging. */
  async function hanging(words: readonly string[], fault: S3Fault, request: RegExp): Promise<Interrupted> {
    const injected = rig.proxy.inject(fault, request, 1);
    const started = start(words, rig.environment);
    const ended = once(started.child, 'close').then(() => assert.fail(started.said()));
    await Promise.race([injected.met, ended]);
    return started;
  }

  it('ends a download at once, says so, and leaves nothing', async () => {
    // Sends a part and no more: the command waits in the middle of the file.
    const server = createServer(
      (_, response) => void response.writeHead(200, { 'content-length': 100 }).write('x'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ml-100k.zip`;
    try {
      const { interrupted } = start(['dataset'], { STREAMSAGE_MOVIELENS_URL: address });
      await once(server, 'request');
      assert.deepEqual(await interrupted(), [130, 'streamsage: interrupted. Nothing was written.']);
      assert.deepEqual(await readdir(folder), []);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('ends the waiting for standard input, and nothing was started', async () => {
    const { child, interrupted } = start(['train', '--source', '-'], rig.environment);
    // More than a pipe holds: once it is written, it is being read.
    await new Promise<void>((resolve, reject) => {
      child.stdin!.on('error', reject);
      child.stdin!.write(Buffer.alloc(1 << 20, '1\t1\t1\t1\n'), () => resolve());
    });
    assert.deepEqual(await interrupted(), [130, 'streamsage: interrupted. Nothing was started.']);
  });

  it('ends an upload, and leaves neither a part nor a run', async () => {
    await writeFile(join(folder, 'few.txt'), fewRatings());
    await rig.store.delete((rig.source as { ratings: { key: string } }).ratings.key);
    const words = ['train', '--source', 'few.txt', ...small];
    const { interrupted } = await hanging(words, 'hang upload', /^PUT .*\/objects\//);
    assert.deepEqual(await interrupted(), [
      130,
      `streamsage: interrupted. No run was started, or it shows in: ${streamsage} runs list`,
    ]);
    assert.deepEqual(await rig.store.list('objects/'), []);
    for await (const run of rig.temporal.client.workflow.list()) assert.fail(run.workflowId);
  });

  it('ends a dry run and a look at artifacts, which change nothing', async () => {
    const line = 'streamsage: interrupted. Nothing was changed.';
    const commands = {
      'train --dry-run --source synthetic': /^GET .*\/records\/download\//,
      'artifacts list some-run': /^GET .*\/some-run/,
    };
    for (const [words, request] of Object.entries(commands)) {
      const { interrupted } = await hanging(words.split(' '), 'hang download', request);
      assert.deepEqual(await interrupted(), [130, line], words);
    }
  });

  it('leaves a run going that is watched, and says how to come back', async () => {
    // No worker is there: it waits.
    const { said, interrupted } = start(['train', '--source', 'synthetic', ...small], rig.environment);
    await until('a run', () => Promise.resolve(/^Run /m.test(said())));
    const run = /^Run (\S+)/m.exec(said())![1]!;
    const line = `streamsage: interrupted. The run goes on. Watch it: ${streamsage} runs watch ${run}  End it: ${streamsage} runs cancel ${run}`;
    assert.deepEqual(await interrupted(), [130, line]);
    const handle = rig.temporal.client.workflow.getHandle(run);
    assert.equal((await handle.describe()).status.name, 'RUNNING');
    await handle.terminate();
  });

  it('leaves to the server a run that was told to end', async () => {
    const { workflow } = rig.temporal.client;
    const args = [{ source: { kind: 'synthetic' } }];
    const handle = await workflow.start(workflowType, { workflowId: 'idle', taskQueue: dataQueue, args });
    // No worker is there that would take it up.
    const { interrupted } = start(['runs', 'cancel', 'idle'], rig.environment);
    await until('a request to end', async () => {
      const { events } = await handle.fetchHistory();
      return Boolean(events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes));
    });
    assert.deepEqual(await interrupted(), [
      130,
      `streamsage: interrupted. Run idle may have been told to end. Look at it: ${streamsage} runs show idle`,
    ]);
    await handle.terminate();
  });

  it('keeps what has come of a fetched artifact for the next time, under no name that looks whole', async () => {
    const manifest = await manifestOf(rig.store, 'large', { 'model.bin': 'x'.repeat(1 << 20) });
    await publishRun(rig.store, manifest);
    const words = ['artifacts', 'get', 'large'];
    const { interrupted } = await hanging(words, 'hang download', /^GET .*\/objects\//);
    await until('a part', async () =>
      (await readdir(folder, { recursive: true })).some((name) => name.endsWith('.partial')),
    );
    assert.deepEqual(await interrupted(), [
      130,
      `streamsage: interrupted. What is there by name is whole. \`${streamsage} artifacts get\` goes on from what has come.`,
    ]);
    const left = await readdir(join(folder, 'runs', 'large'));
    assert.deepEqual(left, ['.model.bin.partial']);
  });

  it('ends a deletion half-way, which the same again ends', async () => {
    await publishRun(rig.store, await manifestOf(rig.store, 'half', { a: 'A', b: 'B' }));
    const words = ['runs', 'delete', 'half', '--force'];
    const { interrupted } = await hanging(words, 'hang upload', /^DELETE .*\/runs\/half\/a/);
    assert.deepEqual(await interrupted(), [
      130,
      'streamsage: interrupted. Run half may be deleted in part. The same again deletes the rest.',
    ]);
    assert.equal(await readAlias(rig.store, 'latest'), 'half');
    const again = start(words, rig.environment);
    const [code] = (await once(again.child, 'close')) as [number | null];
    assert.equal(code, 0, again.said());
    assert.deepEqual(await rig.store.list('runs/half/'), []);
    assert.notEqual(await readAlias(rig.store, 'latest'), 'half');
    const third = start(words, rig.environment);
    assert.equal(((await once(third.child, 'close')) as [number])[0], 1);
  });

  it('ends a collection, which the same again ends', async () => {
    const key = `objects/sha256/00/${'0'.repeat(64)}`;
    await rig.store.put(key, Uint8Array.of(1), 'x/y');
    const words = ['artifacts', 'gc', '--yes', '--grace', '0s'];
    const { interrupted } = await hanging(words, 'hang upload', /^DELETE /);
    const [code, line] = await interrupted();
    assert.equal(code, 130);
    assert.match(line, /^streamsage: interrupted\. What was removed is what nothing needs; the same again /);
  });

  it('ends a check of the store, and takes back what it has tried there', async () => {
    const { interrupted } = await hanging(['doctor'], 'hang download', /^GET .*\/probes\//);
    assert.deepEqual(await interrupted(), [
      130,
      'streamsage: interrupted. Nothing was changed: what was tried in the store is removed again.',
    ]);
    assert.deepEqual(await rig.store.list('probes/'), []);
  });

  it('ends the waiting for a server that does not answer', async () => {
    const silent = createTcpServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const words = ['provision', 'temporal', '--wait', '10m'];
    const { interrupted } = start(words, { ...rig.environment, TEMPORAL_ADDRESS: address });
    const [socket] = (await once(silent, 'connection')) as [Socket];
    socket.on('error', () => undefined);
    assert.deepEqual(await interrupted(), [
      130,
      'streamsage: interrupted. What has been made is there. The same again makes the rest.',
    ]);
    silent.close();
  });
});
