import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CompletedRun } from '../../workflows/contract.js';
import { digests, type FaultRig, sleep, startFaultRig } from '../support/fault-rig.js';
import type { S3Fault } from '../support/faulty-s3-proxy.js';
import { fewRatings } from '../support/training-job.js';

describe('servers that fail in the middle of a run', function () {
  this.timeout(120_000);
  let rig: FaultRig;
  let undisturbed: Record<string, string>;
  before(async function () {
    rig = await startFaultRig(this);
    await rig.worker('data-worker', { STREAMSAGE_ALLOW_PRIVATE_SOURCES: 'true' });
    await rig.worker('train-worker');
    undisturbed = digests(await rig.run());
  });
  after(() => rig.stop());
  /** Objects that are there already are not sent again: all go but the ratings. */
  beforeEach(async () => {
    const { source, store } = rig;
    const kept = source.kind === 'uploaded' ? source.ratings.key : '';
    for (const { key } of await store.list('objects/')) if (key !== kept) await store.delete(key);
  });

  it('Temporal, killed in the middle of each stage and started again', async () => {
    for (const stage of ['preprocess', 'train', 'evaluate']) {
      const slow = rig.proxy.inject('slow', new RegExp(`^PUT /streamsage/records/${stage}/`));
      const handle = await rig.start();
      await slow.met;
      await rig.temporal.kill();
      // Long enough for the stage to end while nobody takes its answer.
      await sleep(1000);
      await rig.temporal.restart();
      assert.deepEqual(digests((await handle.result()) as CompletedRun), undisturbed, stage);
    }
  });

  it('the store, killed in the middle of an upload and started again', async () => {
    for (const which of [/^PUT \/streamsage\/objects\//, /^PUT \/streamsage\/checkpoints\/.*\d-/]) {
      const hang = rig.proxy.inject('hang upload', which);
      const handle = await rig.start();
      await hang.met;
      await rig.s3.kill();
      await sleep(1000);
      await rig.s3.restart();
      assert.deepEqual(digests((await handle.result()) as CompletedRun), undisturbed, String(which));
    }
  });

  it('the store, killed in the middle of a download and started again', async () => {
    const hang = rig.proxy.inject('hang download', /^GET \/streamsage\/objects\//);
    const handle = await rig.start();
    await hang.met;
    await rig.s3.kill();
    await sleep(1000);
    await rig.s3.restart();
    assert.deepEqual(digests((await handle.result()) as CompletedRun), undisturbed);
  });

  // The client tries three times, but not a body that breaks off: so many in a row fail a stage three times.
  const faults: readonly (readonly [S3Fault, RegExp, number, string])[] = [
    ['busy', /^(PUT|GET|HEAD) \/streamsage\/objects\//, 9, 'answers 503'],
    ['slow', /^(PUT|GET) /, 1000, 'is slow'],
    ['cut upload', /^PUT \/streamsage\/(objects|records|checkpoints|runs)\//, 9, 'cuts uploads'],
    ['cut download', /^GET \/streamsage\/objects\//, 3, 'cuts downloads'],
  ];
  for (const [fault, which, times, title] of faults) {
    it(`a way to the store that ${title}`, async () => {
      const injected = rig.proxy.inject(fault, which, times);
      try {
        assert.deepEqual(digests(await rig.run()), undisturbed);
      } finally {
        injected.remove();
      }
      assert.ok(injected.count() >= Math.min(times, 20), `${injected.count()} requests met it`);
    });
  }

  it('a source whose connection is cut twice in the middle of the file', async () => {
    const file = Buffer.from(fewRatings());
    const asked: (string | undefined)[] = [];
    const server = createServer(({ headers: { range } }, response) => {
      asked.push(range);
      const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
      response.writeHead(from > 0 ? 206 : 200, {
        ...{ 'content-length': file.length - from, etag: '"one"' },
        ...(from > 0 ? { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` } : {}),
      });
      if (asked.length > 2) return response.end(file.subarray(from));
      response.write(file.subarray(from, from + (file.length >> 2)), () =>
        setTimeout(() => response.destroy(), 50),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/u.data`;
      const result = await rig.run({ source: { kind: 'url', url } });
      const quarter = file.length >> 2;
      assert.deepEqual(asked, [undefined, `bytes=${quarter}-`, `bytes=${2 * quarter}-`]);
      // The files say where their data are from: an undisturbed run of the same address.
      assert.deepEqual(digests(result), digests(await rig.run({ source: { kind: 'url', url } })));
      assert.equal(asked.length, 4);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
