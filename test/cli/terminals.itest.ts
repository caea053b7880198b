import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuild } from '../../infra/build.js';
import { startPipeline, type TestPipeline } from '../support/pipeline.js';
import { openTerminal } from '../support/terminal.js';
import { fewRatings } from '../support/training-job.js';

const program = fileURLToPath(new URL('../../cli/streamsage.js', import.meta.url));
const columns = 60;
const clear = '\r\u001b[K';
const escape = '\u001b[';

describe('the command line in a narrow terminal, and in none', function () {
  this.timeout(240_000);
  let pipeline: TestPipeline;
  let folder: string;
  let train: string[];
  let piped: { readonly stdout: string; readonly stderr: string };
  before(async function () {
    await ensureBuild(() => undefined);
    pipeline = await startPipeline(this);
    folder = await mkdtemp(join(tmpdir(), 'streamsage-terminals-'));
    const ratings = join(folder, 'ratings.txt');
    await writeFile(ratings, fewRatings());
    train = ['train', '--source', ratings, '--epochs', '2', '--lstm-units', '4', '--dense-units', '4'];
    piped = await pipeline.withWorkers(() => pipeline.streamsage(train).finished);
  });
  after(async () => {
    await pipeline.stop();
    await rm(folder, { recursive: true, force: true });
  });

  // Nobody answers there: the check of the data sources goes nowhere.
  const nowhere = { STREAMSAGE_MOVIELENS_URL: 'http://127.0.0.1:1/', STREAMSAGE_STATE: '/nowhere' };

  async function inTerminal(context: Mocha.Context, words: readonly string[], more: NodeJS.ProcessEnv = {}) {
    const env = { ...pipeline.serverEnvironment, ...nowhere, ...more };
    const { shown } = await openTerminal(context, columns, [process.execPath, program, ...words], {
      env,
    }).ended();
    assert.notEqual(shown, '', words.join(' '));
    assert.ok(!shown.replaceAll(clear, '').includes(escape), words.join(' '));
    return shown;
  }

  it('shows how a run goes on a line that fits', async function () {
    const shown = await pipeline.withWorkers(() => inTerminal(this, [...train, '--seed', '2']));
    const live = shown.split('\n').flatMap((line) => line.split(clear).slice(0, -1));
    assert.ok(live.length > 0);
    for (const line of live) assert.ok(line.length < columns, line);
  });

  it('moves no cursor where there is no terminal', () => {
    assert.match(piped.stderr, /^ {2}train +\d/m);
    for (const control of ['\r', '\b', escape]) {
      assert.ok(!(piped.stdout + piped.stderr).includes(control), JSON.stringify(control));
    }
  });

  const pages = [
    ['--help'],
    ['train', '--help'],
    ['schedule', 'create', '--help'],
    ['artifacts', 'gc', '--help'],
    ['runs', 'list'],
    ['runs', 'show', 'latest'],
    ['schedule', 'list'],
    ['doctor'],
  ];

  it('has no line that is wider than the terminal, but for a word that is', async function () {
    const create = ['schedule', 'create', 'nightly', '--cron', '0 2 * * *', '--timezone', 'Europe/Berlin'];
    assert.equal((await pipeline.streamsage(create).finished).code, 0);
    for (const words of pages) {
      const [page = ''] = (await inTerminal(this, words)).replaceAll('\r', '').split(/^Examples?:$/m);
      for (const line of page.split('\n')) {
        assert.ok(line.length <= columns || !line.trim().includes(' '), `${words.join(' ')}: ${line}`);
      }
    }
  });

  it('has no colours, with NO_COLOR and without', async function () {
    for (const words of [['--help'], ['runs', 'show', 'latest'], ['nonsense'], ['runs', 'show', 'nobody']]) {
      for (const more of [{ NO_COLOR: '1' }, { FORCE_COLOR: '1' }]) {
        await inTerminal(this, words, more);
        const { stdout, stderr } = await pipeline.streamsage(words, more).finished;
        assert.ok(!(stdout + stderr).includes(escape), words.join(' '));
      }
    }
  });
});
