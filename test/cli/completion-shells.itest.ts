import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { putFreshContent } from '../../artifacts/content.js';
import { startAttributes } from '../../cli/start-attributes.js';
import { ensureBuild } from '../../infra/build.js';
import { findOnPath } from '../../infra/command.js';
import { dataQueue, type TrainInput, workflowType } from '../../workflows/contract.js';
import { skipWithout } from '../support/missing.js';
import { startPipeline, type TestPipeline } from '../support/pipeline.js';
import { openTerminal } from '../support/terminal.js';
import { fewRatings } from '../support/training-job.js';

const program = fileURLToPath(new URL('../../cli/streamsage.js', import.meta.url));
/** As a schedule calls its runs. */
const published = 'nightly-2026-12-01T05:00:00Z';
/** What else may be there under the workflow's type: started by other means than StreamSage's. */
const foreign = [
  'two words',
  '$(id)',
  '`id`',
  'a;id',
  "it's",
  'a"b',
  'a\tb',
  'a\nb',
  'a\u001b[2Jb',
  ':files',
  '-x',
];

describe('completion on real servers', function () {
  this.timeout(300_000);
  let pipeline: TestPipeline;
  let folder: string;

  before(async function () {
    await ensureBuild(() => undefined);
    folder = await mkdtemp(join(tmpdir(), 'streamsage-shells-'));
    await writeFile(join(folder, 'ml-100k.zip'), '');
    pipeline = await startPipeline(this);
    const { workflow } = pipeline.environment.client;
    const start = (workflowId: string, input: TrainInput) =>
      workflow.start(workflowType, {
        ...{ workflowId, taskQueue: dataQueue, args: [input] },
        typedSearchAttributes: startAttributes(input, 'hand'),
      });
    const parameters = { epochs: 1, lstmUnits: 4, denseUnits: 4 };
    const good: TrainInput = { source: await pipeline.source(), parameters };
    const bad: TrainInput = { ...good, source: await uploaded(pipeline, '1\t2\t9\t874965758\n') };
    await pipeline.withWorkers(async () => {
      await (await start(published, good)).result();
      await start('stuck-1', { ...bad, onFailure: 'block' });
      await pipeline.streamsage(['runs', 'watch', 'stuck-1']).finished;
      await assert.rejects((await start('failed-1', { ...bad, onFailure: 'fail' })).result());
    });
    for (const name of ['waiting-1', ...foreign]) await start(name, good);
    const weekly = ['schedule', 'create', 'weekly', '--every', '7d', '--source', 'synthetic'];
    assert.equal((await pipeline.streamsage(weekly).finished).code, 0);
    // What was started last can be listed.
    while (!(await suggested('runs', 'show', '')).includes('waiting-1'));
    while ((await suggested('schedule', 'show', '')).length === 0);
  });
  after(async () => {
    await pipeline.stop();
    await rm(folder, { recursive: true });
  });

  const patiently = { STREAMSAGE_COMPLETION_SECONDS: '60' };

  async function suggested(...words: string[]): Promise<string[]> {
    const { code, stdout, stderr } = await pipeline.streamsage(['__complete', '--', ...words], patiently)
      .finished;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => /^([^\t]+)\t[\x20-\x7e]*$/.exec(line)?.[1] ?? assert.fail(line));
  }

  it('suggests the runs that a command is for, and no name that is not one of StreamSage', async () => {
    const all = ['waiting-1', 'failed-1', 'stuck-1', published];
    assert.deepEqual(await suggested('runs', 'show', ''), ['latest', ...all]);
    assert.deepEqual(await suggested('runs', 'show', 'st'), ['stuck-1']);
    for (const verb of ['cancel', 'watch']) {
      assert.deepEqual(await suggested('runs', verb, ''), ['latest', 'waiting-1', 'stuck-1'], verb);
    }
    assert.deepEqual(await suggested('runs', 'repair', ''), ['latest', 'failed-1', 'stuck-1']);
    assert.deepEqual(await suggested('runs', 'delete', ''), [published]);
    assert.deepEqual(await suggested('artifacts', 'verify', ''), ['latest', published]);
  });

  it('suggests what a run has made, and each but once', async () => {
    const { stdout } = await pipeline.streamsage(['artifacts', 'list', published]).finished;
    const names = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]!);
    assert.ok(names.includes('binge_model.h5'));
    assert.deepEqual(await suggested('artifacts', 'url', 'latest', ''), [...names, 'manifest.json']);
    assert.deepEqual(
      await suggested('artifacts', 'get', published, 'binge_model.h5', ''),
      [...names, 'manifest.json'].filter((name) => name !== 'binge_model.h5'),
    );
    assert.deepEqual(await suggested('artifacts', 'get', 'stuck-1', ''), []);
    assert.deepEqual(await suggested('artifacts', 'url', published, 'binge_model.h5', ''), []);
  });

  it('suggests schedules', async () => {
    assert.deepEqual(await suggested('schedule', 'show', ''), ['weekly']);
    assert.deepEqual(await suggested('schedule', 'pause', '--note', 'a b', 'we'), ['weekly']);
    assert.deepEqual(await suggested('runs', 'list', '--schedule', ''), ['weekly']);
    assert.deepEqual(await suggested('runs', 'list', '--schedule=w'), ['--schedule=weekly']);
  });

  it('does not wait for a server that keeps silent, and says nothing', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const silent = { TEMPORAL_ADDRESS: address, AWS_ENDPOINT_URL_S3: `http://${address}` };
    try {
      for (const [words, expected] of [
        [['runs', 'delete', ''], /^$/],
        [['runs', 'cancel', ''], /^latest\t.*\n$/],
        [['artifacts', 'get', published, ''], /^$/],
      ] as const) {
        const { code, stdout, stderr } = await pipeline.streamsage(['__complete', '--', ...words], silent)
          .finished;
        assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
        assert.match(stdout, expected);
      }
    } finally {
      server.close();
    }
  });

  /** How each shell is started so that it reads a script, and in it says which words a command has got. */
  const shells = {
    bash: {
      file: 'rc.bash',
      words: (file: string) => ['--noprofile', '--rcfile', file, '-i'],
      before: `streamsage() { printf '<%s>' "$@"; printf '<end>\\n'; }`,
    },
    zsh: {
      file: '.zshrc',
      words: () => ['-d', '-i'],
      before: `autoload -Uz compinit; compinit -u -D; streamsage() { printf '<%s>' "$@"; printf '<end>\\n'; }`,
    },
    fish: {
      file: 'config.fish',
      words: (file: string) => ['--no-config', '--init-command', `source ${file}`, '-i'],
      before: `function fish_greeting; end; function streamsage; printf '<%s>' $argv; printf '<end>\\n'; end`,
    },
  } as const;

  for (const [shell, { file, words, before: first }] of Object.entries(shells)) {
    it(`goes on in ${shell} where the Tab key is pressed`, async function () {
      const path = findOnPath(shell);
      if (path === undefined) return skipWithout(this, shell);
      const { stdout: script } = await promisify(execFile)(process.execPath, [program, 'completion', shell]);
      await writeFile(join(folder, file), `${first}\n${script}\n`);
      const env = { ...pipeline.serverEnvironment, ...patiently, HOME: folder, ZDOTDIR: folder };
      const terminal = openTerminal(this, 300, [path, ...words(join(folder, file))], { cwd: folder, env });
      try {
        for (const [typed, ...expected] of [
          ['ru', 'runs'],
          ['runs ca', 'runs', 'cancel'],
          ['runs list --outc', 'runs', 'list', '--outcome'],
          ['runs list --outcome f', 'runs', 'list', '--outcome', 'failed'],
          ['runs list --outcome=f', 'runs', 'list', '--outcome=failed'],
          ['train --source ml-', 'train', '--source', 'ml-100k.zip'],
          ['train --source=ml-', 'train', '--source=ml-100k.zip'],
          ['artifacts get --output "two words" la', 'artifacts', 'get', '--output', 'two words', 'latest'],
          ['schedule pause --note two\\ words we', 'schedule', 'pause', '--note', 'two words', 'weekly'],
          ['runs list --schedule=w', 'runs', 'list', '--schedule=weekly'],
          ['runs show n', 'runs', 'show', published],
          [`runs show ${published.slice(0, -4)}`, 'runs', 'show', published],
          [`runs show "${published.slice(0, -4)}`, 'runs', 'show', published],
          [`artifacts url ${published} binge_model.h`, 'artifacts', 'url', published, 'binge_model.h5'],
        ] as const) {
          terminal.type(`streamsage ${typed}\t\n`);
          const shown = await terminal.shows(/<end>\r?\n/);
          const got = /((?:<[^<>]*>)*)<end>\r?\n/.exec(shown)?.[1] ?? '';
          assert.deepEqual(got.slice(1, -1).split('><'), expected, typed);
        }
      } finally {
        terminal.kill();
        await terminal.ended();
      }
    });
  }
});

async function uploaded(pipeline: TestPipeline, badLine: string): Promise<TrainInput['source']> {
  const text = `${new TextDecoder().decode(fewRatings())}\n${badLine}`;
  const ratings = await putFreshContent(pipeline.store, new TextEncoder().encode(text), 'text/plain');
  return { kind: 'uploaded', name: 'few.txt', ratings };
}
