import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { connectClient } from '../../adapters/temporal.js';
import type { Engine } from '../../infra/containers/engine.js';
import { progressQuery, type RunProgress, type CompletedRun } from '../../workflows/contract.js';
import {
  buildImages,
  crash,
  createProject,
  order,
  requireEngine,
  type TestProject,
} from '../support/containers.js';
import { smallRatingsFile } from '../support/ratings-file.js';
import { sharedFile } from '../support/shared-folder.js';
import type { Finished } from '../support/run-node.js';
import { startStack } from '../support/stack.js';

/** Long enough to be disturbed three times. */
const flags = ['--epochs', '16', '--json'];
/** Of a training that is stopped in the middle of an epoch, and not while it is evaluated or saved. */
const longEpochs = ['--epochs', '3', '--lstm-units', '160'];
/** Of a training that is made again and again with what it is asked, and not looked up. */
const again = ['--refresh', 'all'];

/** What the engine's `inspect` says, as far as these tests read it. */
interface Inspected {
  readonly Name: string;
  readonly State: { readonly ExitCode: number; readonly Pid: number };
  readonly RestartCount: number;
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly Memory: number;
    readonly PidsLimit: number;
    readonly NanoCpus: number;
    readonly Privileged: boolean;
    readonly PortBindings: Readonly<Record<string, readonly { HostIp: string }[] | null>> | null;
    readonly RestartPolicy: { readonly Name: string };
  };
}

describe('containers', function () {
  this.timeout(1_500_000);
  let engine: Engine;
  before(async function () {
    engine = await requireEngine(this);
    await buildImages(engine);
  });

  describe('of docker-compose.yml', () => {
    let containers: TestProject;
    let ratings: string;
    let undisturbed: Record<string, string>;
    let disturbedRun: string;
    const services = order.main.flat();
    const longRunning = ['temporal', 'web-ui', 'minio', 'data-worker', 'train-worker'];

    before(async () => {
      containers = await createProject(engine, 'main');
      ratings = await ratingsFile(containers);
      undisturbed = await digestsOutside(ratings);
      await containers.project.up(order.main);
    });
    after(() => containers.remove());

    const container = async (service: string, index = 0) => {
      const id = (await containers.project.containers(service))[index];
      assert.ok(id, `there should be a container of ${service}`);
      return id;
    };
    const inspect = async (service: string) =>
      (await containers.project.inspect(await container(service))) as Inspected;
    const inside = async (service: string, script: string) =>
      containers.project.engineRun('exec', await container(service), 'sh', '-c', script);
    const mount = () => [`${ratings}:/data/ratings:ro`];

    it('train the model that is trained outside, whatever crashes meanwhile', async () => {
      const { run } = answerOf<{ run: string }>(
        await containers.inContainer(mount(), 'train', '--source', '/data/ratings', '--detach', ...flags),
      );
      disturbedRun = run;
      const crashes = [
        [2, ['train-worker']],
        [5, ['data-worker', 'minio']],
        [8, ['temporal', 'train-worker']],
      ] as const;
      for (const [epoch, names] of crashes) {
        await withClient(containers, (client) => untilEpoch(client, run, epoch));
        for (const name of names) await crash(containers.project, await container(name));
        // Nobody starts them: the restart policy does.
        for (const name of names) await containers.project.settled(name);
      }
      const result = await withClient(containers, (client) => resultOf(client, run));
      assert.ok(result.training['resumedFrom'], 'the training should have gone on from a checkpoint');
      assert.deepEqual(digests(result), undisturbed);
    });

    it('give their artifacts to the command line on the host and to the one inside', async () => {
      const got = await containers.onHost(
        ...['artifacts', 'get', disturbedRun, 'binge_model.h5', '--output', containers.folder],
      );
      assert.equal(got.code, 0, got.stderr);
      assert.equal(
        await sha256(join(containers.folder, disturbedRun, 'binge_model.h5')),
        undisturbed['binge_model.h5'],
      );
      const folder = join(containers.folder, 'inside');
      await mkdir(folder);
      await chmod(folder, 0o777);
      const inner = await containers.inContainer(
        [`${folder}:/models`],
        ...['artifacts', 'get', 'latest', 'binge_model.h5', '--output', '/models'],
      );
      assert.equal(inner.code, 0, inner.stderr);
      assert.equal(await sha256(join(folder, disturbedRun, 'binge_model.h5')), undisturbed['binge_model.h5']);
    });

    it('hold no right that they do not need', async () => {
      for (const service of services) {
        const { HostConfig } = await inspect(service);
        assert.equal(HostConfig.ReadonlyRootfs, true, service);
        assert.equal(HostConfig.Privileged, false, service);
        assert.ok(HostConfig.Memory > 0 && HostConfig.PidsLimit > 0 && HostConfig.NanoCpus > 0, service);
        const bindings = Object.values(HostConfig.PortBindings ?? {}).flatMap((ports) => ports ?? []);
        assert.ok(
          bindings.every(({ HostIp }) => HostIp === '127.0.0.1'),
          service,
        );
      }
      for (const service of longRunning) {
        assert.equal((await inspect(service)).HostConfig.RestartPolicy.Name, 'unless-stopped', service);
        const status = await inside(service, 'cat /proc/1/status');
        assert.match(status, /^Uid:\t1000\t1000\t1000\t1000$/m, service);
        for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb']) {
          assert.match(status, new RegExp(`^Cap${set}:\t0{16}$`, 'm'), `${service} ${set}`);
        }
        assert.match(status, /^NoNewPrivs:\t1$/m, service);
        assert.equal((await inside(service, 'touch /x 2>/dev/null || echo no')).trim(), 'no', service);
      }
    });

    it('run their program as process 1, so that it hears signals', async () => {
      const programs = { temporal: 'temporal', 'web-ui': 'web-ui', minio: 'minio', 'data-worker': 'node' };
      for (const [service, program] of Object.entries(programs)) {
        const [first] = (await inside(service, 'cat /proc/1/cmdline')).split('\0');
        assert.equal(first, program);
      }
    });

    it('keep secrets in files of their owner, and out of all that an engine shows', async () => {
      const admin = (await inside('minio', 'cat /credentials/admin/password')).trim();
      const pipeline = await inside('data-worker', 'cat /credentials/pipeline/credentials');
      const key = /aws_secret_access_key = (\S+)/.exec(pipeline)?.[1] ?? '';
      assert.ok(admin.length >= 40 && key.length >= 40);
      assert.equal(
        (await inside('minio', 'stat -c "%a %u" /credentials/admin/*')).trim(),
        '400 1000\n400 1000',
      );
      assert.equal(
        (await inside('data-worker', 'stat -c "%a %u" /credentials/pipeline/*')).trim(),
        '400 1000',
      );
      assert.equal((await inside('data-worker', 'ls /credentials/admin')).trim(), '');
      assert.equal((await inside('train-worker', 'ls /credentials/admin')).trim(), '');
      for (const service of services) {
        const id = await container(service);
        const shown = [
          JSON.stringify(await containers.project.inspect(id)),
          await containers.project.logs(id),
        ].join('\n');
        assert.ok(!shown.includes(admin) && !shown.includes(key), service);
      }
      for (const image of ['app', 'minio', 'temporal', 'web-ui']) {
        const history = await containers.project.engineRun('history', '--no-trunc', `streamsage/${image}`);
        assert.ok(!history.includes(admin) && !history.includes(key), image);
      }
    });

    it('let the training child have neither address nor secret', async () => {
      const { run } = answerOf<{ run: string }>(
        await containers.inContainer(
          mount(),
          ...['train', '--source', '/data/ratings', '--detach', ...flags, ...again],
        ),
      );
      await withClient(containers, (client) => untilEpoch(client, run, 1));
      const environments = await inside(
        'train-worker',
        'for p in /proc/[0-9]*; do if tr "\\0" " " <$p/cmdline | grep -q "train-chil[d]"; then cat $p/environ | tr "\\0" "\\n"; fi; done',
      );
      assert.match(environments, /^PATH=/m, 'there should be a training child');
      assert.doesNotMatch(environments, /^(AWS|TEMPORAL|STREAMSAGE)_/m);
      await containers.onHost('runs', 'cancel', run);
    });

    it('end when they are asked to, and hand over their state', async () => {
      const { run } = answerOf<{ run: string }>(
        await containers.inContainer(
          mount(),
          ...['train', '--source', '/data/ratings', '--detach', '--seed', '5', ...flags, ...longEpochs],
        ),
      );
      await withClient(containers, (client) => untilEpoch(client, run, 1));
      const started = performance.now();
      await containers.project.compose('stop', 'train-worker');
      const seconds = (performance.now() - started) / 1000;
      assert.equal((await inspect('train-worker')).State.ExitCode, 0);
      assert.ok(seconds < 20, `it took ${seconds} s to stop`);
      await containers.project.compose('start', 'train-worker');
      const result = await withClient(containers, (client) => resultOf(client, run));
      assert.match(String(result.training['resumedFrom']), /^epoch \d+, step \d+$/);
    });

    it('are seen to be ill when they hang, and well again afterwards', async () => {
      const id = await container('train-worker');
      await containers.project.settled('train-worker');
      await containers.project.engineRun('kill', '--signal', 'STOP', id);
      try {
        await until(async () => (await containers.project.stateOf(id)) === 'unhealthy', 120_000);
        assert.equal(await containers.project.stateOf(await container('data-worker')), 'healthy');
      } finally {
        await containers.project.engineRun('kill', '--signal', 'CONT', id);
      }
      await containers.project.settled('train-worker');
    });

    it('are as many as one asks for, and share the work', async () => {
      const scale = { 'data-worker': 2, 'train-worker': 2 };
      await containers.project.up([Object.keys(scale)], { scale });
      assert.equal((await containers.project.containers('data-worker')).length, 2);
      const runs: string[] = [];
      for (const seed of ['6', '7']) {
        const answer = await containers.inContainer(
          mount(),
          ...['train', '--source', '/data/ratings', '--detach', '--seed', seed, ...flags],
        );
        runs.push(answerOf<{ run: string }>(answer).run);
      }
      const trainers = await withClient(containers, async (client) => {
        for (const run of runs) await resultOf(client, run);
        return Promise.all(runs.map((run) => trainerOf(client, run)));
      });
      assert.equal(new Set(trainers).size, 2, `both were trained by ${trainers[0] ?? 'nobody'}`);
    });

    it('know their runs again after `down` and `up`', async () => {
      const before = answerOf<{ runs: unknown[] }>(await containers.onHost('runs', 'list', '--json'));
      await containers.project.down();
      assert.deepEqual(await containers.project.containers('minio'), []);
      await containers.project.up(order.main);
      const after = answerOf<{ runs: unknown[] }>(await containers.onHost('runs', 'list', '--json'));
      assert.deepEqual(after, before);
      const result = answerOf<CompletedRun>(
        await containers.onHost('train', '--source', ratings, '--seed', '7', ...flags),
      );
      assert.ok(
        result.stages.slice(0, 4).every((stage) => stage.result === 'hit'),
        JSON.stringify(result.stages),
      );
    });

    it('train with TensorFlow where that worker takes the place of the other', async () => {
      await containers.project.compose('stop', 'train-worker');
      await containers.project.up([['tensorflow-train-worker']]);
      const small = await smallRatingsFile(containers.folder);
      const result = answerOf<CompletedRun>(
        await containers.onHost(
          'train',
          '--source',
          small,
          '--engine',
          'tensorflow',
          '--epochs',
          '2',
          '--json',
        ),
      );
      assert.equal(result.training['engine'], 'tensorflow');
      const status = await inside('tensorflow-train-worker', 'cat /proc/1/status');
      assert.match(status, /^Uid:\t1000\t/m);
    });
  });

  describe('with PostgreSQL', () => {
    let containers: TestProject;
    before(async () => {
      containers = await createProject(engine, 'postgres', [
        'docker-compose.yml',
        'docker-compose.postgres.yml',
      ]);
      await containers.project.up(order.postgres);
    });
    after(() => containers.remove());

    it('train, and can be found by what search attributes say', async () => {
      const small = await smallRatingsFile(containers.folder);
      const { run } = answerOf<{ run: string }>(
        await containers.onHost('train', '--source', small, '--epochs', '2', '--json'),
      );
      const found = await withClient(containers, async (client) => {
        const query = 'StreamSageOutcome = "completed" AND StreamSageAuc > 0';
        const names = async () => {
          const ids = [];
          for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
          return ids;
        };
        await until(async () => (await names()).length > 0, 30_000);
        return names();
      });
      assert.deepEqual(found, [run]);
      const { temporal } = await containers.settings();
      const page = await fetch(`${temporal.ui ?? ''}/api/v1/namespaces/default/workflows/${run}`);
      assert.equal(page.status, 200);
    });

    it('keep the database password in files of its owner', async () => {
      const [database] = await containers.project.containers('postgres');
      const [temporal] = await containers.project.containers('temporal');
      const [schema] = await containers.project.containers('schema');
      const run = (id: string | undefined, script: string) =>
        containers.project.engineRun('exec', id ?? '', 'sh', '-c', script);
      const password = (await run(database, 'cat /credentials/database/password')).trim();
      assert.ok(password.length >= 40);
      assert.equal(
        (await run(temporal, 'stat -c "%a %u" /credentials/database/*')).trim(),
        '400 1000\n400 1000',
      );
      for (const id of [database, temporal, schema]) {
        assert.ok(!JSON.stringify(await containers.project.inspect(id ?? '')).includes(password));
        assert.ok(!(await containers.project.logs(id ?? '')).includes(password));
      }
      const environment = await run(temporal, 'cat /proc/1/environ /proc/1/cmdline');
      assert.ok(!environment.includes(password));
    });

    it('are set up a second time without harm, and lose nothing by `down` and `up`', async () => {
      const before = answerOf(await containers.onHost('runs', 'list', '--json'));
      await containers.project.down();
      await containers.project.up(order.postgres);
      assert.deepEqual(answerOf(await containers.onHost('runs', 'list', '--json')), before);
    });
  });
});

/** The real ratings where they lie beside the project, else made-up ones. */
async function ratingsFile({ folder }: TestProject): Promise<string> {
  const real = sharedFile('data/ml-100k.zip');
  return existsSync(real) ? real : smallRatingsFile(folder, 450);
}

/** What a run outside containers makes, as digests by name. */
async function digestsOutside(ratings: string): Promise<Record<string, string>> {
  const stack = await startStack();
  try {
    return digests(answerOf<CompletedRun>(await stack.streamsage('train', '--source', ratings, ...flags)));
  } finally {
    await stack.stop();
  }
}

function digests({ artifacts }: CompletedRun): Record<string, string> {
  return Object.fromEntries(artifacts.map(({ name, sha256 }) => [name, sha256]));
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what the caller knows of the answer
function answerOf<Answer = unknown>({ code, stdout, stderr }: Finished): Answer {
  assert.equal(code, 0, stdout + stderr);
  // podman-compose writes its own lines before the answer.
  return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Answer;
}

async function withClient<Result>(
  containers: TestProject,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = await connectClient(await containers.settings());
  try {
    return await work(client);
  } finally {
    await client.connection.close();
  }
}

async function untilEpoch(client: Client, run: string, epoch: number): Promise<void> {
  const handle = client.workflow.getHandle(run);
  await until(async () => {
    const progress = await handle.query<RunProgress>(progressQuery).catch(() => undefined);
    return (progress?.epochs.at(-1)?.epoch ?? 0) >= epoch;
  }, 300_000);
}

async function resultOf(client: Client, run: string): Promise<CompletedRun> {
  return (await client.workflow.getHandle(run).result()) as CompletedRun;
}

/** Identity of the worker that trained a run. */
async function trainerOf(client: Client, run: string): Promise<string> {
  const { events } = await client.workflow.getHandle(run).fetchHistory();
  const scheduled = events?.find(
    ({ activityTaskScheduledEventAttributes: event }) => event?.activityType?.name === 'train',
  );
  const started = events?.find(
    ({ activityTaskStartedEventAttributes: event }) =>
      event && String(event.scheduledEventId) === String(scheduled?.eventId),
  );
  return started?.activityTaskStartedEventAttributes?.identity ?? '';
}

async function until(condition: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Expected it within ${withinMs / 1000} s, it did not come`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
