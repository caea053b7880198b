import assert from 'node:assert/strict';
import { readBashLine } from '../../cli/bash-line.js';
import { argumentPlaces, namesOfArgument, optionPlaces } from '../../cli/known-names.js';
import { completionScript } from '../../cli/completion-scripts.js';
import { main } from '../../cli/main.js';
import { outcomes } from '../../workflows/contract.js';

async function said(...words: string[]) {
  const lines: string[] = [];
  const note = (line: string) => assert.fail(line);
  const code = await main(words, { result: (line) => void lines.push(line), note });
  return { code, results: lines.join('\n') };
}

/** What is suggested for these words, the last of which is being typed; where no server is. */
async function suggested(...words: string[]): Promise<string[]> {
  const { code, results } = await said('__complete', '--', ...words);
  assert.equal(code, 0);
  return results
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0]!);
}

describe('completion', () => {
  const state = process.env['STREAMSAGE_STATE'];
  before(() => (process.env['STREAMSAGE_STATE'] = '/nowhere'));
  after(() => {
    if (state === undefined) delete process.env['STREAMSAGE_STATE'];
    else process.env['STREAMSAGE_STATE'] = state;
  });

  it('suggests commands, those of a command, and none that is hidden', async () => {
    const commands = await suggested('');
    for (const command of ['train', 'runs', 'artifacts', 'completion']) assert.ok(commands.includes(command));
    assert.ok(!commands.some((command) => command.startsWith('_')));
    assert.deepEqual(await suggested('help', 'ru'), ['runs']);
    assert.deepEqual(await suggested('help', 'runs', 're'), ['repair']);
    assert.deepEqual(await suggested('help', 'train', ''), []);
    assert.deepEqual(await suggested('ru'), ['runs']);
    assert.deepEqual(await suggested('artifacts', ''), ['list', 'verify', 'gc', 'get', 'url', 'help']);
    assert.deepEqual(await suggested('artifacts', 'nonsense', ''), []);
  });

  it('suggests options, and the choices of one', async () => {
    assert.deepEqual(await suggested('runs', 'list', '--st'), ['--started-by']);
    assert.deepEqual(await suggested('runs', 'list', '--limit', '5', '--js'), ['--json']);
    assert.deepEqual(await suggested('runs', 'list', '--outcome', ''), outcomes);
    assert.deepEqual(await suggested('runs', 'list', '--outcome', 'f'), ['failed']);
    assert.deepEqual(await suggested('runs', 'list', '--outcome=f'), ['--outcome=failed']);
    assert.deepEqual(await suggested('runs', 'list', '--json=f'), []);
    assert.deepEqual(await suggested('completion', ''), ['bash', 'zsh', 'fish']);
    assert.deepEqual(await suggested('runs', 'show', '--', '--js'), []);
  });

  it('leaves files to the shell where an option takes anything', async () => {
    assert.deepEqual(await suggested('train', '--source', ''), [':files']);
    assert.deepEqual(await suggested('train', '--source=ml'), [':files']);
  });

  it('suggests `latest` where it is understood, and is silent where no server answers', async () => {
    assert.deepEqual(await suggested('artifacts', 'get', ''), ['latest']);
    assert.deepEqual(await suggested('artifacts', 'get', '--output', 'x', 'la'), ['latest']);
    assert.deepEqual(await suggested('artifacts', 'get', 'x', ''), []);
    assert.deepEqual(await suggested('runs', 'delete', ''), []);
  });

  it('knows what is looked up for which argument: only for arguments that there are', async () => {
    for (const [command, places] of Object.entries(argumentPlaces)) {
      const { results } = await said(...command.split(' '), '--help');
      const [, declared = ''] = /^Usage: streamsage .*?\[options\](.*)$/m.exec(results) ?? [];
      assert.equal(declared.match(/[<[]/g)?.length, places.length, command);
    }
    for (const place of Object.keys(optionPlaces)) {
      const [option, ...command] = place.split(' ').reverse();
      assert.match((await said(...command.reverse(), '--help')).results, new RegExp(`^ *${option} <`, 'm'));
    }
  });

  it("looks up runs for every command's `<run>`", async () => {
    for (const group of ['runs', 'artifacts']) {
      for (const verb of await suggested(group, '')) {
        if (verb === 'help' || !/[<[]run[\]>]/.test((await said(group, verb, '--help')).results)) continue;
        assert.equal(namesOfArgument(`${group} ${verb}`, 0, [])?.of, 'runs', `${group} ${verb}`);
      }
    }
  });

  it('has words of a path quoted for the shell that reads the script', () => {
    const path = `/it's/a\\b`;
    assert.ok(completionScript('bash', [path]).includes(String.raw`'/it'\''s/a\b' '__complete'`));
    assert.ok(completionScript('fish', [path]).includes(String.raw`'/it\'s/a\\b' '__complete'`));
  });
});

describe('a line of bash', () => {
  const breaks = ' \t\n"\'@><=;|&(:';
  const words = (line: string) => readBashLine(line, breaks).words;

  it('is taken apart as a program gets its words', () => {
    assert.deepEqual(words(''), ['']);
    assert.deepEqual(words('s  runs '), ['s', 'runs', '']);
    assert.deepEqual(words('s --a="x  y" z'), ['s', '--a=x  y', 'z']);
    assert.deepEqual(words(String.raw`s 'it'\''s' a\ b "\"\\\x" `), [
      's',
      "it's",
      'a b',
      String.raw`"\\x`,
      '',
    ]);
    assert.deepEqual(words('s "" \'\' '), ['s', '', '', '']);
    assert.deepEqual(words('s $(x) n-05:00'), ['s', '$(x)', 'n-05:00']);
    assert.deepEqual(words('s "a b'), ['s', 'a b']);
    assert.deepEqual(words("s 'a\\"), ['s', 'a\\']);
    assert.deepEqual(words('s "a\\'), ['s', 'a']);
    assert.deepEqual(words('s a\\'), ['s', 'a']);
  });

  it('says what of the last word bash leaves as it is', () => {
    const kept = (line: string, at = breaks) => readBashLine(line, at).kept;
    assert.equal(kept('s --a=b'), 4);
    assert.equal(kept('s n-05:00:0'), 8);
    assert.equal(kept('s n-05:00:0', ' \t\n'), 0);
    assert.equal(kept('s a:b '), 0);
    assert.equal(kept('s a\\:b'), 0);
    assert.equal(kept('s "a:b'), 0);
    assert.equal(kept('s --a="b:c'), 4);
    assert.equal(kept('s "a:b"c'), 0);
  });
});
