import assert from 'node:assert/strict';
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { type Certificates, makeCertificates } from '../support/certificates.js';
import { type HttpsProxy, startHttpsProxy } from '../support/https-proxy.js';
import { smallRatingsFile } from '../support/ratings-file.js';
import { type S3Server, s3Environment, startS3Server } from '../support/s3-server.js';
import { startTemporal } from '../support/temporal.js';
import { startTemporalGate, type TemporalGate } from '../support/temporal-gate.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const apiKey = 'geheimer-schluessel';
/** As Temporal Cloud names them. */
const namespace = 'films.a1b2c';
const small = ['--epochs', '2', '--lstm-units', '8', '--dense-units', '4'];

type Environment = Readonly<Record<string, string>>;

describe('Temporal and the store behind TLS, by configuration alone', function () {
  this.timeout(180_000);
  let folder: string;
  let ratings: string;
  let certificates: Certificates;
  let temporal: TestWorkflowEnvironment;
  let s3: S3Server;
  let https: HttpsProxy;
  let gate: TemporalGate;
  let base: Environment;
  const ends: (() => Promise<unknown>)[] = [];

  before(async function () {
    certificates = await makeCertificates();
    ends.push(() => certificates.remove());
    folder = await mkdtemp(join(tmpdir(), 'streamsage-tls-'));
    ends.push(() => rm(folder, { recursive: true, force: true }));
    ratings = await smallRatingsFile(folder);
    temporal = await startTemporal({ bare: true });
    ends.push(() => temporal.teardown());
    s3 = await startS3Server(this);
    ends.push(() => s3.stop());
    https = await startHttpsProxy(s3.settings.endpoint, certificates.server);
    ends.push(() => https.close());
    gate = await openGate({ server: certificates.server, apiKey });
    base = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      STREAMSAGE_STATE: join(folder, 'no-stack'),
      STREAMSAGE_MOVIELENS_URL: 'http://127.0.0.1:1/ml-100k.zip',
      ...(await s3Environment(s3)),
      AWS_ENDPOINT_URL_S3: https.endpoint,
      NODE_EXTRA_CA_CERTS: certificates.authority,
    };
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  async function openGate(options: Parameters<typeof startTemporalGate>[1]): Promise<TemporalGate> {
    const { address } = temporal.connection.options;
    const opened = await startTemporalGate(address, options);
    ends.push(() => opened.close());
    return opened;
  }

  /** What a user of Temporal Cloud sets, and the authority of this test's certificates. */
  const byKey = (): Environment => ({
    TEMPORAL_ADDRESS: gate.address,
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_API_KEY: apiKey,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.authority,
  });

  const streamsage = (environment: Environment, ...parameters: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [join(root, 'cli/streamsage.js'), ...parameters],
        { env: { ...base, ...environment } },
        (_, stdout, stderr) => resolve({ code: child.exitCode ?? 1, stdout, stderr }),
      );
    });

  /** Runs `work` while both built workers poll; then they end as SIGTERM asks them to. */
  async function withWorkers<Result>(environment: Environment, work: () => Promise<Result>): Promise<Result> {
    const workers: ChildProcess[] = ['data-worker', 'train-worker'].map((name) =>
      fork(join(root, 'dist', 'workers', `${name}.js`), {
        env: { ...base, ...environment },
        execArgv: [],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      }),
    );
    const said = workers.map((worker) => {
      let text = '';
      worker.stderr!.on('data', (chunk) => (text = (text + String(chunk)).slice(-4000)));
      return () => text;
    });
    try {
      await Promise.all(
        workers.map((worker, index) =>
          Promise.race([
            once(worker, 'message'),
            once(worker, 'exit').then(() => assert.fail(`A worker ended:\n${said[index]!()}`)),
          ]),
        ),
      );
      return await work();
    } finally {
      for (const worker of workers) {
        if (worker.exitCode !== null || worker.signalCode !== null) continue;
        worker.kill('SIGTERM');
        await once(worker, 'exit');
      }
    }
  }

  async function trains(environment: Environment): Promise<void> {
    await withWorkers(environment, async () => {
      const trained = await streamsage(environment, 'train', '--source', ratings, ...small, '--json');
      assert.equal(trained.code, 0, trained.stderr);
      const { run, status } = JSON.parse(trained.stdout) as { run: string; status: string };
      assert.equal(status, 'completed');
      const fetched = await streamsage(
        environment,
        'artifacts',
        'get',
        run,
        'binge_model.h5',
        '--output',
        folder,
      );
      assert.equal(fetched.code, 0, fetched.stderr);
      const listed = await streamsage(environment, 'runs', 'list', '--json');
      assert.ok(listed.stdout.includes(run), listed.stderr);
    });
  }

  it('are made ready, with an API key', async () => {
    const { code, stdout, stderr } = await streamsage(byKey(), 'provision');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /namespace films\.a1b2c +made/);
    assert.match(stdout, /bucket streamsage +there/);
  });

  it('carry a whole training, with an API key', async () => {
    await trains(byKey());
    assert.deepEqual([...gate.namespaces], [namespace]);
    assert.equal(gate.refused(), 0);
  });

  it('carry a whole training, with a profile in a file of Temporal', async () => {
    const file = join(folder, 'temporal.toml');
    const lines = [
      '[profile.cloud]',
      `address = "${gate.address}"`,
      `namespace = "${namespace}"`,
      `api_key = "${apiKey}"`,
      '[profile.cloud.tls]',
      `server_ca_cert_path = "${certificates.authority}"`,
    ];
    await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    await trains({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'cloud' });
    assert.equal(gate.refused(), 0);
  });

  it("carry a whole training, with a client's certificate", async () => {
    const door = await openGate({ server: certificates.server, clientAuthority: certificates.authority });
    await trains({
      TEMPORAL_ADDRESS: door.address,
      TEMPORAL_NAMESPACE: namespace,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.authority,
      TEMPORAL_TLS_CLIENT_CERT_PATH: certificates.client.cert,
      TEMPORAL_TLS_CLIENT_KEY_PATH: certificates.client.key,
    });
    assert.deepEqual([...door.namespaces], [namespace]);
  });

  it('are refused in one line with exit code 3, which shows no secret', async () => {
    const expired = await openGate({ server: certificates.expired, apiKey });
    // The command line's connections to Temporal take Node's authorities, too.
    const stranger = { ...byKey(), TEMPORAL_TLS_SERVER_CA_CERT_PATH: '', NODE_EXTRA_CA_CERTS: '' };
    const plain = temporal.connection.options.address.replace('127.0.0.1', 'localhost');
    const expiredS3 = await startHttpsProxy(s3.settings.endpoint, certificates.expired);
    ends.push(() => expiredS3.close());
    const cases: readonly [string, Environment, string[], RegExp][] = [
      [
        'key',
        { ...byKey(), TEMPORAL_API_KEY: `${apiKey}x` },
        ['runs', 'list'],
        /UNAUTHENTICATED.*TEMPORAL_API_KEY/,
      ],
      [
        'namespace',
        { ...byKey(), TEMPORAL_NAMESPACE: 'other' },
        ['runs', 'list'],
        /`other`.*none of that name/,
      ],
      ['authority', stranger, ['runs', 'list'], /not trusted.*TEMPORAL_TLS_SERVER_CA_CERT_PATH/],
      ['expired', { ...byKey(), TEMPORAL_ADDRESS: expired.address }, ['runs', 'list'], /CERT_HAS_EXPIRED/],
      ['plain', { ...byKey(), TEMPORAL_ADDRESS: plain }, ['runs', 'list'], /without TLS.*TEMPORAL_TLS=false/],
      [
        'store',
        { ...byKey(), NODE_EXTRA_CA_CERTS: '' },
        ['artifacts', 'list'],
        /https:.*NODE_EXTRA_CA_CERTS/,
      ],
      [
        'store',
        { ...byKey(), AWS_ENDPOINT_URL_S3: expiredS3.endpoint },
        ['artifacts', 'list'],
        /CERT_HAS_EXPIRED/,
      ],
      [
        'secret',
        { ...byKey(), AWS_SECRET_ACCESS_KEY: 'geheim' },
        ['artifacts', 'list'],
        /SignatureDoesNotMatch/,
      ],
    ];
    const { secretAccessKey } = await s3.settings.credentials();
    for (const [name, environment, parameters, message] of cases) {
      const { code, stdout, stderr } = await streamsage(environment, ...parameters);
      assert.match(stderr, message, `${name}: ${stderr}`);
      assert.match(stderr, /^streamsage: [^\n]*\n$/, `${name}: ${stderr}`);
      assert.equal(code, 3, name);
      assert.equal(stdout, '', name);
      for (const secret of [apiKey, secretAccessKey, 'geheim']) assert.ok(!stderr.includes(secret), name);
    }
  });
});
