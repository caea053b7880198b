import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { createS3Client } from '../../adapters/s3-object-store.js';
import { sha256 } from '../../artifacts/content.js';
import type { CompletedRun } from '../../workflows/contract.js';
import {
  childrenOf,
  digests,
  type FaultRig,
  smallTraining,
  startFaultRig,
  until,
} from '../support/fault-rig.js';
import { startFaultyS3Proxy } from '../support/faulty-s3-proxy.js';
import type { LogEntry } from '../support/worker-process.js';

/** A training of some seconds. */
const longTraining = { ...smallTraining, epochs: 150 };
const isCheckpoint = /\/(\d{8})-\d{10}-([0-9a-f]{64})$/;

describe('workers that fail in the middle of a training', function () {
  this.timeout(90_000);
  let rig: FaultRig;
  let undisturbed: Record<string, string>;
  before(async function () {
    rig = await startFaultRig(this);
    await rig.worker('data-worker');
    const first = await rig.worker('train-worker');
    undisturbed = digests(await rig.run({ parameters: longTraining }));
    await first.kill();
  });
  after(() => rig.stop());

  const saved = (run: string, epoch: number) => (entry: LogEntry) =>
    entry['message'] === 'checkpoint saved' && entry['run'] === run && Number(entry['epoch']) >= epoch;
  const resultOf = async (handle: Awaited<ReturnType<FaultRig['start']>>) =>
    digests((await handle.result()) as CompletedRun);

  it('one that is believed dead and comes back writes nothing more', async () => {
    const way = await startFaultyS3Proxy(rig.s3.settings.endpoint);
    const stopped = await rig.worker('train-worker', { AWS_ENDPOINT_URL_S3: way.endpoint });
    const handle = await rig.start({ parameters: longTraining });
    await stopped.entry(saved(handle.workflowId, 3));
    process.kill(stopped.pid, 'SIGSTOP');
    const before = way.requests.length;
    const other = await rig.worker('train-worker');
    try {
      // The heartbeat is missed after ten seconds.
      await other.entry(saved(handle.workflowId, 10));
    } finally {
      process.kill(stopped.pid, 'SIGCONT');
    }
    await stopped.entry(
      ({ message, run }) =>
        run === handle.workflowId && /^stage (failed|cancelled|interrupted)$/.test(String(message)),
    );
    assert.deepEqual(await resultOf(handle), undisturbed);
    await until('no child of the worker that came back', async () => {
      return (await childrenOf(stopped.pid)).length === 0;
    });
    await Promise.all([stopped.stop(), other.stop()]);
    const writes = way.requests.slice(before).filter((name) => name.startsWith('PUT '));
    // The one that it was in the middle of.
    assert.ok(writes.length <= 1, writes.join());
    await way.close();
  });

  it('a training child that hangs is replaced within the stall limit', async () => {
    const worker = await rig.worker('train-worker', { STREAMSAGE_STALL_SECONDS: '3' });
    const handle = await rig.start({ parameters: longTraining });
    await worker.entry(saved(handle.workflowId, 3));
    const [child] = await childrenOf(worker.pid);
    process.kill(child!, 'SIGSTOP');
    await worker.entry(({ run, error }) => run === handle.workflowId && error === 'TrainingStalledError');
    assert.deepEqual(await resultOf(handle), undisturbed);
    assert.ok(!(await childrenOf(worker.pid)).includes(child!));
    await worker.stop();
  });

  it('a checkpoint that was damaged costs the way from the one before', async () => {
    const first = await rig.worker('train-worker');
    const handle = await rig.start({ parameters: longTraining });
    await first.entry(saved(handle.workflowId, 5));
    await first.kill();
    const keys = (await rig.store.list('checkpoints/'))
      .map(({ key }) => key)
      .filter((key) => key.includes(`/${handle.workflowId}/`) && isCheckpoint.test(key))
      .sort();
    assert.ok(keys.length >= 2, keys.join());
    const [good, bad] = keys.slice(-2) as [string, string];
    const bytes = (await rig.store.get(bad))!.slice();
    bytes[bytes.length >> 1]! ^= 1;
    await rig.store.put(bad, bytes, 'application/octet-stream');
    const second = await rig.worker('train-worker');
    const begins = await second.entry(({ message }) => message === 'training goes on from a checkpoint');
    assert.equal(begins['epoch'], Number(isCheckpoint.exec(good)![1]));
    assert.deepEqual(await resultOf(handle), undisturbed);
    await second.stop();
  });

  it('a cancel ends the child within five seconds, and leaves no process, file or part of an object', async () => {
    const worker = await rig.worker('train-worker');
    const parameters = { ...longTraining, epochs: 5000 };
    const handle = await rig.start({ parameters });
    await worker.entry(saved(handle.workflowId, 3));
    const hang = rig.proxy.inject('hang upload', /^PUT \/streamsage\/checkpoints\//);
    await hang.met;
    const [child] = await childrenOf(worker.pid);
    const asked = Date.now();
    await handle.cancel();
    await until('the training child to end', async () => !(await childrenOf(worker.pid)).includes(child!), 5);
    console.log(`      the child ended ${Date.now() - asked} ms after the cancel`);
    await assert.rejects(handle.result());
    assert.deepEqual(await childrenOf(worker.pid), []);
    assert.deepEqual(await readdir(worker.temporary), []);
    for (const { key } of await rig.store.list('')) {
      const digest = isCheckpoint.exec(key)?.[2] ?? /^objects\/.*\/([0-9a-f]{64})$/.exec(key)?.[1];
      if (digest !== undefined) assert.equal(sha256((await rig.store.get(key))!), digest, key);
    }
    const root = { ...rig.s3.settings, credentials: () => Promise.resolve(rig.s3.root) };
    const uploads = await createS3Client(root).send(
      new ListMultipartUploadsCommand({ Bucket: rig.s3.settings.bucket }),
    );
    assert.deepEqual(uploads.Uploads ?? [], []);
    // Its request still hangs.
    await worker.kill();
  });
});
