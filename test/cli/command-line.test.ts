import assert from 'node:assert/strict';
import { main } from '../../cli/main.js';
import { alignColumns, formatBytes } from '../../cli/output.js';
import { createPlainView, createTerminalView } from '../../cli/progress-view.js';
import type { RunSnapshot } from '../../cli/run-progress.js';
import { newRunId } from '../../cli/start-run.js';
import { type ParameterDefinition, parameterDefinitions } from '../../predictor/config.js';

async function run(...argv: string[]) {
  const results: string[] = [];
  const notes: string[] = [];
  const code = await main(argv, {
    result: (line) => void results.push(line),
    note: (line) => void notes.push(line),
  });
  return { code, results: results.join('\n'), notes: notes.join('\n') };
}

describe('the command line', () => {
  it('has help with an example for every verb', async () => {
    const verbs = [
      ...[
        ['up'],
        ['down'],
        ['status'],
        ['doctor'],
        ['train'],
        ['dataset'],
        ['provision'],
        ['completion'],
        ['schema'],
      ],
      ...['list', 'show', 'watch', 'repair', 'cancel'].map((verb) => ['runs', verb]),
      ...['list', 'use'].map((verb) => ['deployment', verb]),
      ...['list', 'get', 'url'].map((verb) => ['artifacts', verb]),
      ...['create', 'list', 'show', 'pause', 'resume', 'trigger', 'backfill', 'delete'].map((verb) => [
        'schedule',
        verb,
      ]),
    ];
    for (const verb of verbs) {
      const { code, results } = await run(...verb, '--help');
      assert.equal(code, 0, verb.join(' '));
      assert.match(results, new RegExp(`Example:\\n {2}streamsage ${verb.join(' ')}`), verb.join(' '));
    }
  });

  it('has the same help by `help` and words', async () => {
    for (const words of [[], ['runs'], ['runs', 'repair'], ['schedule', 'create']]) {
      assert.deepEqual(await run('help', ...words), await run(...words, '--help'));
    }
  });

  it('says that all is well with flags and source, where it only checks them', async () => {
    const { code, results } = await run('train', '--check', '--source', 'synthetic');
    assert.equal(code, 0);
    assert.match(results, /^Nothing is wrong with the flags.* Nothing was started\.$/);
  });

  it('says default, unit and range of every parameter', async () => {
    const help = (await run('train', '--help')).results.replace(/\s+/g, ' ');
    for (const [name, definition] of Object.entries<ParameterDefinition>(parameterDefinitions)) {
      const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      const from = help.indexOf(` ${flag} `);
      assert.ok(from >= 0, flag);
      const said = help.slice(from).split(' --')[1]!;
      if (definition.kind === 'switch') continue;
      assert.ok(said.includes(`default: ${definition.default})`), `${flag}: ${said}`);
      const words =
        definition.kind === 'choice'
          ? definition.choices
          : [definition.unit, String(definition.minimum), String(definition.maximum)];
      for (const word of words) assert.ok(said.includes(word), `${flag} without ${word}: ${said}`);
    }
  });

  it('ends with 2 on wrong use, the message on standard error', async () => {
    for (const [argv, message] of [
      [['nonsense'], /unknown command 'nonsense'/],
      [['train', '--epochs'], /argument missing/],
      [['train', '--refresh', 'lunch'], /lunch.*download, preprocess/s],
      [['train', '--check', '--source', '/nowhere'], /`\/nowhere`: there is no such file/],
      [['train', '--check', '--engine', 'wasm', '--device', 'gpu'], /`device`.*got `gpu`/],
      [['dataset', '--source', '/nowhere'], /`\/nowhere`: there is no such file/],
      [['runs', 'list', '--outcome', 'lunch'], /lunch.*running, blocked, completed, unchanged/s],
      [['runs', 'list', '--limit', '0'], /`--limit` to be a whole number from 1, got `0`/],
      [['schedule', 'show', 'x', '--limit', ' '], /`--limit` to be a whole number from 1, got ` `/],
      [['provision', '--retention', '9999'], /`--retention` to be a duration from 1d to 3650d .*got `9999`/],
      [['provision', '--wait', '-1'], /`--wait` to be a duration from 0s to 1h .*got `-1`/],
      [
        ['artifacts', 'url', 'x', 'y', '--expires', '8d'],
        /`--expires` to be a duration from 1s to 7d.*got `8d`/,
      ],
      [
        ['artifacts', 'url', 'x', 'y', '--expires', '0s'],
        /`--expires` to be a duration from 1s to 7d.*got `0s`/,
      ],
      ...['store', 'ftp://store', 'http://store/path', 'http://store/?a=b', 'http://store/#a'].map(
        (url) =>
          [
            ['artifacts', 'url', 'x', 'y', '--public-url', url],
            new RegExp(`\`--public-url\` to be http.*got \`${url.replace('?', '\\?')}\``),
          ] as const,
      ),
      [
        ['artifacts', 'url', 'x', 'y', '--public-url', 'http://me:secret@store'],
        /`--public-url`.*got `http:\/\/…@store`/,
      ],
      [['artifacts', 'gc', '--older-than', 'x'], /`--older-than` to be a duration from 0s .*got `x`/],
      [['artifacts', 'gc', '--older-than', '30'], /`--older-than` to be a duration .*7d\), got `30`/],
      [['train', '--detach', '--output', 'runs'], /'--detach' cannot be used with option '--output/],
      [
        ['train', '--detach', '--if-unreachable', 'fail'],
        /'--detach' cannot be used with .*--if-unreachable/,
      ],
      [
        ['train', '--on-failure', 'fail', '--repair-within', '1d'],
        /`--repair-within` with `--on-failure block`/,
      ],
      [
        ['schedule', 'create', 'x', '--every', '1h', '--repair-within', '1d'],
        /`--repair-within` with `--on-failure block`/,
      ],
      [['help', 'runs', 'mend'], /Expected one of list, show.*got `mend`/],
      [['help', 'train', 'x'], /`train` has no commands of its own; got `x`/],
      [['schedule', 'create', 'a b', '--every', '1h'], /schedule's name.*got "a b"/],
      [['schedule', 'create', 'x', '--cron', '61 * * * *'], /`61` as the minute/],
      [['schedule', 'create', 'x', '--every', '1h', '--epochs', '0'], /`epochs`.*got `0`/],
      [
        ['schedule', 'create', 'x', '--every', '1h', '--engine', 'wasm', '--device', 'gpu'],
        /`device`.*got `gpu`/,
      ],
      [
        ['schedule', 'create', 'x', '--every', '1h', '--source', '/nowhere'],
        /`\/nowhere`: there is no such file/,
      ],
      [['schedule', 'backfill', 'x', '--from', '2026-01-02', '--to', '2026-01-01'], /`--from` before `--to`/],
      [
        ['schedule', 'backfill', 'x', '--from', '2026-01-01', '--to', '2999-01-01'],
        /`--to` to be in the past/,
      ],
      [
        ['dataset', '--source', 'synthetic', '--test-size', '1'],
        /`testSize` to be a number above 0 and below 1, got `1`/,
      ],
    ] as const) {
      const { code, results, notes } = await run(...argv);
      assert.equal(code, 2, argv.join(' '));
      assert.equal(results, '');
      assert.match(notes, message);
    }
  });

  it('describes a data set as JSON and as lines', async () => {
    const json = await run('dataset', '--source', 'synthetic', '--sequence-length', '7', '--json');
    const report = JSON.parse(json.results) as Record<string, unknown>;
    assert.equal(report['sequence_length'], 7);
    assert.equal(report['seed'], 42);
    const lines = await run('dataset', '--source', 'synthetic');
    assert.match(lines.results, /^users +943$/m);
  });
});

describe("a run's name", () => {
  it('says what it was trained on, and when', () => {
    const now = new Date('2026-11-24T10:15:30Z');
    const file = {
      kind: 'file',
      name: 'Mÿ Ratings (1).txt',
      ratings: new Uint8Array(),
      sha256: 'x',
      notes: [],
    } as const;
    assert.match(newRunId({ kind: 'movielens-100k' }, now), /^ml-100k-20261124-101530-[0-9a-f]{4}$/);
    assert.match(newRunId({ kind: 'synthetic' }, now), /^synthetic-20261124-101530-/);
    assert.match(newRunId(file, now), /^file-m-ratings-1-txt-20261124-101530-/);
    const url = { kind: 'url', url: 'https://host/a/My%20Data.zip?raw=1' } as const;
    assert.match(newRunId(url, now), /^url-my-20data-zip-20261124-101530-/);
    assert.match(newRunId({ kind: 'url', url: 'https://host/' }, now), /^url-20261124-101530-/);
    assert.match(newRunId({ kind: 's3', bucket: 'b', key: 'x/u.data' }, now), /^s3-u-data-20261124-/);
  });
});

describe('output', () => {
  it('lines up columns and rounds sizes', () => {
    assert.deepEqual(
      alignColumns([
        ['a', 'bb'],
        ['ccc', 'd'],
      ]),
      ['a    bb', 'ccc  d'],
    );
    assert.deepEqual([0, 999, 87_300, 4_924_029].map(formatBytes), ['0 B', '999 B', '87.3 kB', '4.9 MB']);
  });
});

describe('the live line', () => {
  const live = {
    stage: 'train',
    done: 30,
    total: 90,
    unit: 'steps',
    epoch: 1,
    epochs: 3,
    loss: 0.5,
  } as const;
  const progress = { stages: [{ stage: 'train', state: 'running' }], epochs: [], totalEpochs: 3 };
  const drawn = (columns: number | undefined) => {
    let text = '';
    const stream = { columns, write: (part: string) => (text += part) };
    createTerminalView(stream as unknown as NodeJS.WriteStream).update({
      progress,
      live,
    } as unknown as RunSnapshot);
    // eslint-disable-next-line no-control-regex
    return text.replace(/\r\u001b\[K/g, '');
  };

  it('is cut to the width of the terminal, or of 80 columns where that is not known', () => {
    for (const columns of [40, 79]) assert.equal(drawn(columns).length, columns - 1);
    for (const columns of [0, undefined]) assert.equal(drawn(columns).length, 79);
    assert.match(drawn(200), /^ {2}train .*loss 0\.5000$/);
  });
});

describe('a run that waits for a worker', () => {
  const said = (waiting: NonNullable<RunSnapshot['waiting']>) => {
    const lines: string[] = [];
    createPlainView((line) => void lines.push(line)).update({ waiting });
    return lines.join();
  };
  const since = new Date(Date.now() - 10_000);

  it('says which queue has none and what starts one, or that they are busy, after a while', () => {
    const gpu = { stage: 'train', since, queue: 'streamsage-train-gpu' };
    assert.match(
      said({ ...gpu, attended: false }),
      /train: .*`streamsage-train-gpu`.*TRAIN_DEVICES=gpu node/,
    );
    assert.match(said({ ...gpu, attended: true }), /train: .*`streamsage-train-gpu` are busy/);
    const data = said({ since, queue: 'streamsage-data', attended: false });
    assert.match(
      data,
      /run: .*no worker polls `streamsage-data`\. Start one: `npx --no-install streamsage up`/,
    );
    assert.match(said({ stage: 'train', since }), /`npx --no-install streamsage status`/);
    assert.equal(said({ ...gpu, attended: false, since: new Date() }), '');
  });
});
