import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers, type AnsweringCommand, jsonSchemaOf } from '../../cli/answers.js';
import { ensureBuild } from '../../infra/build.js';
import { type CompletedRun, dataQueue, type TrainInput, workflowType } from '../../workflows/contract.js';
import { putFreshContent } from '../../artifacts/content.js';
import { startPipeline, type TestPipeline } from '../support/pipeline.js';
import { fewRatings } from '../support/training-job.js';

const small = ['--epochs', '1', '--lstm-units', '4', '--dense-units', '4'];

describe('what a command prints with --json', function () {
  this.timeout(240_000);
  let pipeline: TestPipeline;
  let folder: string;
  let ratings: string;
  const answered = new Set<string>();
  before(async function () {
    await ensureBuild(() => undefined);
    pipeline = await startPipeline(this);
    folder = await mkdtemp(join(tmpdir(), 'streamsage-answers-'));
    ratings = join(folder, 'ratings.txt');
    await writeFile(ratings, fewRatings());
  });
  after(async () => {
    await pipeline.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs a command, and holds its answer against the command's schema. */
  async function ask(command: AnsweringCommand, words: readonly string[], code = 0): Promise<unknown> {
    const { stdout, stderr, code: got } = await pipeline.streamsage([...words, '--json']).finished;
    assert.equal(got, code, `${words.join(' ')}: ${stderr}`);
    const answer: unknown = JSON.parse(stdout);
    const { success, error } = answers[command].safeParse(answer);
    assert.ok(success, `${words.join(' ')}: ${String(error?.message)}\n${stdout}`);
    answered.add(command);
    return answer;
  }

  it('has the form that its schema says', () =>
    pipeline.withWorkers(async () => {
      const train = ['train', '--source', ratings, ...small];
      const { run } = (await ask('train', train)) as CompletedRun;
      await ask('train', [...train, '--on-unchanged', 'skip']);
      await ask('train', [...train, '--seed', '3', '--detach']);
      await ask('runs watch', ['runs', 'watch', 'latest']);
      await ask('runs list', ['runs', 'list']);
      await ask('runs show', ['runs', 'show', run]);
      await ask('runs show --lineage', ['runs', 'show', run, '--lineage']);
      await ask('train --check', [...train, '--check']);
      await ask('train --dry-run', [...train, '--dry-run']);
      await ask('train --dry-run', [...train, '--dry-run', '--batch-size', '16']);
      await ask('artifacts list', ['artifacts', 'list', run]);
      await ask('artifacts url', ['artifacts', 'url', run, 'binge_model.h5']);
      await ask('artifacts get', ['artifacts', 'get', run, '--output', join(folder, 'got')]);
      await ask('artifacts verify', ['artifacts', 'verify', run]);
      await ask('artifacts gc', ['artifacts', 'gc']);
      await ask('dataset', ['dataset', '--source', ratings]);
      await ask('provision', ['provision']);
      // Only the stack's own workers are looked at, and there is no stack.
      await ask('status', ['status'], 1);
    }));

  it('has it for runs that are blocked, repaired, cancelled or deleted', () =>
    pipeline.withWorkers(async () => {
      const bad = `${new TextDecoder().decode(fewRatings())}\n1\t2\t9\t874965758\n`;
      const reference = await putFreshContent(pipeline.store, new TextEncoder().encode(bad), 'text/plain');
      const start = async (run: string) => {
        const input: TrainInput = {
          source: { kind: 'uploaded', name: 'few.txt', ratings: reference },
          parameters: { epochs: 1, lstmUnits: 4, denseUnits: 4 },
          onFailure: 'block',
        };
        const { workflow } = pipeline.environment.client;
        await workflow.start(workflowType, { workflowId: run, taskQueue: dataQueue, args: [input] });
        await pipeline.streamsage(['runs', 'watch', run]).finished;
      };
      await start('mended');
      await ask('runs show', ['runs', 'show', 'mended']);
      await ask('runs repair', ['runs', 'repair', 'mended', '--set', 'maxBadRows=1']);
      await ask('runs show', ['runs', 'show', 'mended']);
      await start('ended');
      await ask('runs cancel', ['runs', 'cancel', 'ended']);
      await ask('runs show', ['runs', 'show', 'ended']);
      await ask('runs delete', ['runs', 'delete', 'mended', '--force']);
    }));

  it('has it for schedules', () =>
    pipeline.withWorkers(async () => {
      const create = ['schedule', 'create', 'n', '--every', '10d', '--source', ratings, ...small];
      await ask('schedule create', create);
      await ask('schedule trigger', ['schedule', 'trigger', 'n']);
      await ask('schedule list', ['schedule', 'list']);
      await ask('schedule show', ['schedule', 'show', 'n']);
      await ask('schedule pause', ['schedule', 'pause', 'n']);
      await ask('schedule resume', ['schedule', 'resume', 'n']);
      const range = ['--from', '2026-11-01', '--to', '2026-11-20'];
      await ask('schedule backfill', ['schedule', 'backfill', 'n', ...range]);
      await ask('schedule delete', ['schedule', 'delete', 'n']);
    }));

  it('has been asked of every command that has a schema', function () {
    // Asked where workers of several versions poll, and where all is well (worker-versions.itest.ts,
    // doctor.itest.ts), or where there is a stack (stack.itest.ts).
    const elsewhere = ['deployment list', 'deployment use', 'doctor', 'up', 'down'];
    if (answered.size === 0) this.skip();
    const unasked = Object.keys(answers).filter((name) => !answered.has(name) && !elsewhere.includes(name));
    assert.deepEqual(unasked, []);
  });

  it('is described by `streamsage schema`', async () => {
    const { stdout } = await pipeline.streamsage(['schema', 'runs', 'show', '--lineage']).finished;
    assert.deepEqual(JSON.parse(stdout), JSON.parse(JSON.stringify(jsonSchemaOf('runs show --lineage'))));
    const wrong = await pipeline.streamsage(['schema', 'runs', 'count']).finished;
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /Expected one of train, .*; got `runs count`/);
  });
});
