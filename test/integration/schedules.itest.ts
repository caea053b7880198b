import assert from 'node:assert/strict';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';
import { connectClient } from '../../adapters/temporal.js';
import { readManifest } from '../../artifacts/runs.js';
import { timingOf } from '../../cli/schedule-flags.js';
import { goodExpressions } from '../support/cron-expressions.js';
import { smallRatingsFile } from '../support/ratings-file.js';
import { startStack, type TestStack } from '../support/stack.js';

interface Row {
  readonly run: string;
  readonly status: string;
  readonly startedBy: string | null;
  readonly dataset: string | null;
  readonly recipe: string | null;
  readonly auc: number | null;
}

interface Shown {
  readonly state: string;
  readonly note: string;
  readonly when: string;
  readonly next: readonly string[];
  readonly runs: readonly Row[];
}

const small = ['--source', 'synthetic', '--epochs', '1', '--lstm-units', '4', '--dense-units', '4'];

describe('schedules, on real servers', function () {
  this.timeout(300_000);
  let stack: TestStack;
  before(async () => (stack = await startStack()));
  after(() => stack.stop());

  const succeed = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await stack.streamsage(...words);
    assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  const json = async <Answer>(...words: string[]) => JSON.parse(await succeed(...words, '--json')) as Answer;
  const runsOf = async (name: string, ...filters: string[]) =>
    (await json<{ runs: Row[] }>('runs', 'list', '--schedule', name, '--limit', '100', ...filters)).runs;
  /** Waits until the schedule's runs are as wanted. Mocha's limit ends it. */
  const until = async (name: string, wanted: (runs: readonly Row[]) => boolean) => {
    for (;;) {
      const runs = await runsOf(name);
      if (wanted(runs)) return runs;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  };
  const ended = (runs: readonly Row[]) => runs.filter(({ status }) => status !== 'running');

  it('fire by themselves: the first run trains, the next find nothing to do', async () => {
    const made = await json<Shown>('schedule', 'create', 'often', '--every', '2s', ...small);
    assert.deepEqual([made.state, made.when], ['active', 'every 2s']);
    assert.ok(made.next.length > 0);
    const runs = await until('often', (all) => ended(all).length >= 3);
    const [first, ...rest] = ended(runs).reverse();
    assert.match(first!.run, /^often-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(
      [first!.status, first!.startedBy, first!.dataset],
      ['completed', 'schedule', 'synthetic'],
    );
    assert.equal(first!.recipe, 'notebook, epochs=1, lstmUnits=4, denseUnits=4');
    assert.ok(first!.auc! > 0);
    for (const { status, startedBy } of rest)
      assert.deepEqual([status, startedBy], ['unchanged', 'schedule']);

    const next = await json<Record<string, unknown>>('runs', 'show', rest[0]!.run);
    assert.deepEqual(
      [next['status'], next['sameAs'], next['startedBy']],
      ['unchanged', first!.run, 'schedule'],
    );
    const manifest = await readManifest(createS3ObjectStore(stack.settings.s3), first!.run);
    assert.equal(manifest.startedBy, 'schedule');
    assert.equal(manifest.schedule!.name, 'often');
    assert.ok(first!.run.endsWith(manifest.schedule!.time));
    assert.match(await succeed('runs', 'watch', rest[0]!.run), new RegExp(`those of ${first!.run}`));
    const folder = join(stack.folder, 'fetched');
    await mkdir(folder);
    await succeed('artifacts', 'get', first!.run, 'binge_model.h5', '--output', folder);
    await stat(join(folder, first!.run.replaceAll(':', '-'), 'binge_model.h5'));
  });

  it('go on after everything was stopped and started', async () => {
    assert.equal((await stack.stack('down')).code, 0);
    const stopped = new Date().toISOString();
    assert.equal((await stack.stack('up')).code, 0);
    const since = (runs: readonly Row[]) => ended(runs).filter(({ run }) => run > `often-${stopped}`);
    const runs = since(await until('often', (all) => since(all).length >= 2));
    for (const { status, startedBy } of runs)
      assert.deepEqual([status, startedBy], ['unchanged', 'schedule']);
  });

  it('train again with other parameters, once', async () => {
    const again = await stack.streamsage('schedule', 'create', 'often', '--every', '2s', ...small);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /no schedule has, got `often`: --replace/);
    await succeed('schedule', 'create', 'often', '--every', '2s', ...small, '--seed', '7', '--replace');
    const changed = (runs: readonly Row[]) => ended(runs).filter(({ recipe }) => recipe?.includes('seed=7'));
    const runs = changed(await until('often', (all) => changed(all).length >= 2));
    assert.deepEqual(
      runs.reverse().map(({ status }, i) => [i, status]),
      runs.map((_, i) => [i, i === 0 ? 'completed' : 'unchanged']),
    );
  });

  it('start nothing while they are paused, but what is asked for: a hand may', async () => {
    const paused = await json<Shown>('schedule', 'pause', 'often', '--note', 'for a while');
    assert.deepEqual([paused.state, paused.note, paused.next], ['paused', 'for a while', []]);
    await until('often', (all) => ended(all).length === all.length);
    const before = (await runsOf('often')).length;
    const { run } = await json<{ run: string }>('schedule', 'trigger', 'often');
    const runs = await until('often', (all) => ended(all).some((row) => row.run === run));
    assert.equal(runs.length, before + 1);
    const triggered = runs.find((row) => row.run === run)!;
    assert.deepEqual([triggered.status, triggered.startedBy], ['unchanged', 'hand']);
  });

  it('fill in the past when they are asked to, and know those runs', async () => {
    const range = ['--from', '2026-01-05T10:00:00Z', '--to', '2026-01-05T10:00:04Z'];
    const { times } = await json<{ times: string[] }>('schedule', 'backfill', 'often', ...range);
    assert.deepEqual(times, ['2026-01-05T10:00:00Z', '2026-01-05T10:00:02Z', '2026-01-05T10:00:04Z']);
    await until('often', (all) =>
      times.every((time) => ended(all).some(({ run }) => run === `often-${time}`)),
    );
    const filled = await runsOf('often', '--started-by', 'backfill');
    assert.deepEqual(filled.map(({ run }) => run).sort(), times.map((time) => `often-${time}`).sort());
    const shown = await succeed('runs', 'show', `often-${times[0]!}`);
    assert.match(shown, /Started by backfill, through schedule often for 2026-01-05T10:00:00Z/);
  });

  it('never put one run in the place of another', async () => {
    const [first] = (await runsOf('often', '--outcome', 'completed')).reverse();
    const time = first!.run.slice('often-'.length);
    const changed = [...small, '--seed', '8', '--replace', '--json'];
    const { state } = JSON.parse(
      await succeed('schedule', 'create', 'often', '--every', '2s', ...changed),
    ) as Shown;
    assert.equal(state, 'paused');
    await succeed('schedule', 'backfill', 'often', '--from', time, '--to', time);
    await until('often', (all) => all.some(({ run, status }) => run === first!.run && status === 'failed'));
    const { reason } = await json<{ reason: string }>('runs', 'show', first!.run);
    assert.match(reason, /one that was published before.*\[RunExistsError\]/);
    const manifest = await readManifest(createS3ObjectStore(stack.settings.s3), first!.run);
    assert.equal(manifest.startedBy, 'schedule');
  });

  it('are listed, resumed and deleted', async () => {
    assert.match(
      await succeed('schedule', 'list'),
      /^often +paused +every 2s +often-\S+ +\w+ +synthetic +notebook, /m,
    );
    const resumed = await json<Shown>('schedule', 'resume', 'often');
    assert.deepEqual([resumed.state, resumed.note], ['active', 'for a while']);
    await succeed('schedule', 'delete', 'often');
    for (const verb of ['show', 'pause', 'resume', 'trigger', 'delete']) {
      const { code, stderr } = await stack.streamsage('schedule', verb, 'often');
      assert.equal(code, 1);
      assert.match(stderr, /There is no schedule `often`/);
    }
    await until('often', (all) => ended(all).length === all.length);
    assert.deepEqual(await createS3ObjectStore(stack.settings.s3).list('schedules/often/'), []);
  });

  it('of a file keep its content, whatever becomes of the file', async () => {
    const file = await smallRatingsFile(stack.folder);
    const made = await succeed(
      'schedule',
      'create',
      'of-a-file',
      '--cron',
      '0 2 * * *',
      '--source',
      file,
      '--paused',
    );
    assert.match(made, /uploaded once \(.*SHA-256 [0-9a-f]{16}/);
    assert.match(made, /when +cron 0 2 \* \* \* \(UTC\)/);
    assert.match(await succeed('schedule', 'list'), /^of-a-file +paused +cron 0 2 \* \* \* \(UTC\) /m);
    await succeed('schedule', 'delete', 'of-a-file');
  });

  it('take every cron expression that the server takes', async () => {
    const client = await connectClient(stack.settings);
    try {
      for (const [i, cron] of goodExpressions.entries()) {
        const options = { cron, timezone: 'europe/berlin', overlap: 'skip', catchUpWindow: '365d' } as const;
        const { spec } = timingOf(options);
        const handle = await client.schedule.create({
          ...{ scheduleId: `cron-${i}`, spec },
          action: { type: 'startWorkflow', workflowType: 'none', taskQueue: 'nobody' },
        });
        const { spec: kept, info } = await handle.describe();
        assert.equal(kept.calendars?.[0]?.comment, cron);
        assert.equal(kept.timezone, 'Europe/Berlin');
        assert.ok(info.nextActionTimes.length > 0, cron);
      }
      const { code, stderr } = await stack.streamsage('schedule', 'delete', 'cron-0');
      assert.equal(code, 2);
      assert.match(stderr, /`cron-0` to be a schedule that trains, got one that starts none/);
    } finally {
      await client.connection.close();
    }
  });
});

describe('a run started by hand', function () {
  this.timeout(180_000);
  let stack: TestStack;
  before(async () => (stack = await startStack()));
  after(() => stack.stop());

  it('trains again, unless it is told to look first', async () => {
    const statusOf = async (...flags: string[]) => {
      const { code, stdout, stderr } = await stack.streamsage('train', ...small, '--json', ...flags);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout) as { run: string; status: string; sameAs?: string };
    };
    const first = await statusOf('--on-unchanged', 'skip');
    assert.equal(first.status, 'completed');
    assert.equal((await statusOf('--on-unchanged', 'skip')).sameAs, first.run);
    const second = await statusOf();
    assert.equal(second.status, 'completed');
    const folder = join(stack.folder, 'runs');
    const third = await statusOf('--on-unchanged', 'skip', '--output', folder);
    assert.equal(third.sameAs, second.run);
    await stat(join(folder, second.run, 'binge_model.h5'));
    // What is asked of an unchanged run's model is asked of the one that it equals; `latest` is the last published.
    const asked = [
      ['runs', 'show', third.run, '--lineage', '--json'],
      ['runs', 'show', 'latest', '--lineage', '--json'],
      ['artifacts', 'verify', third.run, '--json'],
      ['artifacts', 'verify', 'latest', '--json'],
      ['artifacts', 'list', third.run, '--json'],
    ];
    const answers = async () => {
      for (const words of asked) {
        const { code, stdout, stderr } = await stack.streamsage(...words);
        assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
        assert.equal((JSON.parse(stdout) as { run: string }).run, second.run);
        assert.equal(stderr.includes(`of ${second.run}, which it equals`), words.includes(third.run), stderr);
      }
    };
    await answers();
    const got = await stack.streamsage('artifacts', 'get', third.run, 'metrics.json', '--output', folder);
    assert.equal(got.code, 0, got.stderr);
    assert.match(got.stdout, new RegExp(`${second.run}/metrics\\.json`));
    const listed = await stack.streamsage('runs', 'list', '--started-by', 'hand', '--outcome', 'unchanged');
    assert.equal(listed.stdout.trim().split('\n').length, 3, listed.stdout);

    const long = ['--source', 'synthetic', '--epochs', '1000', '--detach', '--json'];
    const { run } = JSON.parse((await stack.streamsage('train', ...long)).stdout) as { run: string };
    await answers();
    const none = await stack.streamsage('runs', 'show', run, '--lineage');
    assert.equal(none.code, 1);
    assert.match(none.stderr, /No run `\S+` has been published.*going on/);
    await stack.streamsage('runs', 'cancel', run);
  });
});
