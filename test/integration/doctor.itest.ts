import assert from 'node:assert/strict';
import { createServer as createHttpServer, request } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { answers } from '../../cli/answers.js';
import { probeStore } from '../../adapters/probe-store.js';
import { provisionNamespace, provisionSearchAttributes } from '../../adapters/provision-temporal.js';
import { hasWorker } from '../../adapters/temporal.js';
import { dataQueue, trainQueues } from '../../workflows/contract.js';
import { type FileServer, serveFiles } from '../support/file-server.js';
import { startPipeline, type TestPipeline } from '../support/pipeline.js';

interface Answer {
  readonly ok: boolean;
  readonly findings: readonly { readonly check: string; readonly state: string; readonly says: string }[];
}

describe('streamsage doctor', function () {
  this.timeout(120_000);
  let pipeline: TestPipeline;
  let files: FileServer;

  before(async function () {
    pipeline = await startPipeline(this);
    files = await serveFiles({ 'u.data': { contentType: 'text/plain', bytes: new Uint8Array(10) } });
  });
  after(async () => {
    await files.close();
    await pipeline.stop();
  });

  async function doctor(more: NodeJS.ProcessEnv = {}) {
    const sources = { STREAMSAGE_MOVIELENS_URL: `here=${files.address}u.data` };
    const { code, stdout, stderr } = await pipeline.streamsage(['doctor', '--json'], { ...sources, ...more })
      .finished;
    assert.equal(stderr, '');
    const answer: unknown = JSON.parse(stdout);
    answers.doctor.parse(answer);
    const { ok, findings } = answer as Answer;
    assert.equal(ok, code === 0);
    const of = (check: string) =>
      findings.filter((one) => one.check === check).map(({ state, says }) => `${state} ${says}`);
    const bad = findings.filter(({ state }) => state !== 'ok').map(({ check, state }) => `${check} ${state}`);
    return { code, of, bad };
  }

  /** Waits for the workers' first polls. */
  async function withWorkers<Result>(work: () => Promise<Result>): Promise<Result> {
    const { client } = pipeline.environment;
    return pipeline.withWorkers(async () => {
      for (const queue of [dataQueue, trainQueues.cpu]) {
        while (!(await hasWorker(client, queue))) await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return work();
    });
  }

  const leftProbes = () => pipeline.store.list('probes/');

  it('finds that all is well, in lines that fit 60 columns', async () => {
    await withWorkers(async () => {
      const { code, of, bad } = await doctor();
      assert.deepEqual(bad, []);
      assert.equal(code, 0);
      assert.match(of('Temporal').join(), /^ok 127\.0\.0\.1:\d+, namespace default, server \d+\.\d+\.\d+$/);
      assert.deepEqual(of('search attributes'), ['ok all 5 are there']);
      for (const queue of [dataQueue, trainQueues.cpu]) {
        assert.match(of(`queue ${queue}`).join(), /^ok 1 worker \(.+\)$/);
      }
      assert.deepEqual(of('store permissions'), ['ok write, read, list, delete']);
      assert.deepEqual(of('store checksum'), ['ok reads back what was written']);
      assert.match(of('clock').join(), /^ok /);
      assert.deepEqual(of('data source'), [`ok here ${files.address}u.data`]);

      const { code: again, stdout } = await pipeline.streamsage(['doctor'], {
        STREAMSAGE_MOVIELENS_URL: `here=${files.address}u.data`,
      }).finished;
      assert.equal(again, 0);
      const lines = stdout.trimEnd().split('\n');
      for (const line of lines) assert.ok(line.length <= 60 && /^(ok| ) {3}/.test(line), line);
    });
    assert.deepEqual(await leftProbes(), []);
  });

  it('says that no worker polls', async () => {
    // The server remembers workers that have gone: a namespace that has seen none, and no attributes.
    const { connection } = pipeline.environment;
    await provisionNamespace(connection, 'fresh', 1);
    await provisionSearchAttributes(connection, 'fresh', []);
    const { code, bad, of } = await doctor({ TEMPORAL_NAMESPACE: 'fresh' });
    assert.equal(code, 1);
    assert.deepEqual(bad, [
      'search attributes warning',
      `queue ${dataQueue} failed`,
      `queue ${trainQueues.cpu} failed`,
    ]);
    assert.match(of(`queue ${dataQueue}`).join(), /no worker polls it.*data-worker\.js/);
  });

  it('says that the key is wrong, and all the rest', async () => {
    const { code, bad, of } = await doctor({ AWS_SECRET_ACCESS_KEY: 'wrong', TEMPORAL_NAMESPACE: 'nowhere' });
    assert.equal(code, 3);
    assert.deepEqual(bad, ['Temporal away', 'store away']);
    assert.match(of('store').join(), /SignatureDoesNotMatch.*Check STREAMSAGE_BUCKET, the credentials/);
    assert.match(of('Temporal').join(), /`nowhere`.*streamsage provision temporal/);
    assert.equal(of('data source').length, 1);
  });

  it('says that nothing is configured, in a line each', async () => {
    const { code, bad, of } = await doctor({
      ...{ TEMPORAL_ADDRESS: '', AWS_ENDPOINT_URL_S3: '', STREAMSAGE_BUCKET: '' },
      STREAMSAGE_STATE: '/nowhere',
    });
    assert.equal(code, 3);
    assert.deepEqual(bad, ['Temporal away', 'store away']);
    assert.match(of('store').join(), /Expected AWS_ENDPOINT_URL_S3 in the environment or a local stack/);
  });

  it('sees a clock that is off, and content that is altered on the way', async () => {
    const proxy = storeProxy((chunk) => (chunk[0]! ^= 1), 6 * 60_000);
    const { code, bad, of } = await listening(proxy, (AWS_ENDPOINT_URL_S3) =>
      withWorkers(() => doctor({ AWS_ENDPOINT_URL_S3 })),
    );
    assert.equal(code, 1);
    assert.deepEqual(bad, ['store checksum failed', 'clock failed']);
    assert.match(of('clock').join(), /^failed 3(59|60|61) s ahead of the store's/);
    assert.deepEqual(await leftProbes(), []);
  });

  it('ends though nobody answers, and removes its probe where the store stops answering', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined));
    const held = new Promise<void>(() => undefined);
    let reads = 0;
    const stops = storeProxy(() => (reads++, held));
    const started = Date.now();
    const { code, bad, of } = await listening(silent, (address) =>
      listening(stops, (AWS_ENDPOINT_URL_S3) =>
        doctor({
          ...{ TEMPORAL_ADDRESS: new URL(address).host, AWS_ENDPOINT_URL_S3 },
          STREAMSAGE_MOVIELENS_URL: `${address}/u.data,nonsense`,
        }),
      ),
    );
    assert.equal(code, 3);
    assert.deepEqual(bad, ['Temporal away', 'store away', 'data source warning', 'data source warning']);
    assert.deepEqual(of('store'), ['away no answer within 15 s']);
    assert.ok(Date.now() - started < 30_000, `${Date.now() - started} ms`);
    assert.ok(reads > 0);
    assert.deepEqual(await leftProbes(), []);
  });

  it('removes what a probe that was killed has left there, after its time', async () => {
    const { store, minio } = pipeline;
    const { signal } = new AbortController();
    await store.put('probes/left', new Uint8Array(1), 'text/plain');
    await probeStore(minio.settings, signal);
    assert.deepEqual(
      (await leftProbes()).map(({ key }) => key),
      ['probes/left'],
    );
    await probeStore(minio.settings, signal, -60_000);
    assert.deepEqual(await leftProbes(), []);
  });

  it('says that the store is not running, and all the rest', async () => {
    await pipeline.minio.kill();
    const { code, bad, of } = await withWorkers(() => doctor());
    assert.equal(code, 3);
    assert.deepEqual(bad, ['store away']);
    assert.match(of('store').join(), /ECONNREFUSED.*Is the store running\?/);
  });

  /** The store, with another clock, and what is to be done with each chunk of a probe before it is passed on. */
  function storeProxy(altered: (chunk: Buffer) => unknown, clockBehindMs = 0): Server {
    return createHttpServer((incoming, answer) => {
      const { method, url = '', headers } = incoming;
      const upstream = request(pipeline.minio.settings.endpoint + url, { method, headers }, (response) => {
        void (async () => {
          const date = new Date(Date.now() - clockBehindMs).toUTCString();
          answer.writeHead(response.statusCode!, { ...response.headers, date });
          for await (const chunk of response as AsyncIterable<Buffer>) {
            if (method === 'GET' && url.includes('/probes/')) await altered(chunk);
            answer.write(chunk);
          }
          answer.end();
        })();
      });
      incoming.pipe(upstream);
    });
  }
});

async function listening<Result>(
  server: Server,
  work: (address: string) => Promise<Result>,
): Promise<Result> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}
