import assert from 'node:assert/strict';
import { completionScript } from '../../cli/completion-scripts.js';
import { main } from '../../cli/main.js';
import { outcomes } from '../../workflows/contract.js';

/** What is suggested for these words, the last of which is being typed; where no server is. */
async function suggested(...words: string[]): Promise<string[]> {
  const lines: string[] = [];
  const note = (line: string) => assert.fail(line);
  assert.equal(
    await main(['__complete', '--', ...words], { result: (line) => void lines.push(line), note }),
    0,
  );
  return lines.map((line) => line.split('\t')[0]!);
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

  it('has words of a path quoted for the shell that reads the script', () => {
    const path = `/it's/a\\b`;
    assert.ok(completionScript('bash', [path]).includes(String.raw`'/it'\''s/a\b' '__complete' '--'`));
    assert.ok(completionScript('fish', [path]).includes(String.raw`'/it\'s/a\\b' '__complete' '--'`));
  });
});
