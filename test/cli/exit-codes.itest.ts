import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../../cli/exit-codes.js';
import { ensureBuild } from '../../infra/build.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** How a command ends where there is no server and no local stack. */
function run(...words: string[]) {
  return runIn('/nowhere', ...words);
}

/** @param state where the local stack keeps its state */
function runIn(state: string, ...words: string[]) {
  return spawnSync(process.execPath, [`${root}cli/streamsage.js`, ...words], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], STREAMSAGE_STATE: state },
  });
}

// 130 and 141 are brought about in interrupt.itest.ts and closed-pipe.itest.ts.
describe('the exit code', function () {
  this.timeout(120_000);
  before(() => ensureBuild(() => undefined));

  it('is 0 where what was asked for is done', () => {
    assert.equal(run('dataset', '--source', 'synthetic', '--json').status, exitCodes.done);
  });

  it('is 1 where something has failed, or the local stack does not run', () => {
    assert.equal(run('dataset', '--source', `${root}package.json`).status, exitCodes.failed);
    const { status, stdout } = run('status', '--json');
    assert.equal(status, exitCodes.failed);
    const { parts } = JSON.parse(stdout) as { parts: { state: string }[] };
    assert.ok(parts.length > 0 && parts.every(({ state }) => state === 'stopped'));
    assert.equal(runIn(`${root}package.json/state`, 'up').status, exitCodes.failed);
  });

  it('is 2 where a command was called in a way that cannot work', () => {
    assert.equal(run('nonsense').status, exitCodes.wrongUse);
    assert.equal(run('runs', 'list', '--limit', '0').status, exitCodes.wrongUse);
  });

  it('is 3 where there is no way to Temporal or S3', () => {
    for (const words of [['runs', 'list'], ['artifacts', 'list'], ['doctor']]) {
      assert.equal(run(...words).status, exitCodes.cannotReach, words.join(' '));
    }
  });

  it('is in the help and in the documentation, each with what it means', () => {
    const codes = Object.values(exitCodes);
    const said = (text: string, row: RegExp) => [...text.matchAll(row)].map(([, code]) => Number(code));
    const [, help = ''] = run('--help').stdout.split('Exit codes:');
    assert.deepEqual(said(help, /^ +(\d+) +\S/gm), codes);
    const [, page = ''] = readFileSync(`${root}docs/operations.md`, 'utf8').split('\n## Exit codes\n');
    assert.deepEqual(said(page.split('\n## ')[0]!, /^\| (\d+) +\| \S/gm), codes);
    const readme = readFileSync(`${root}README.md`, 'utf8');
    assert.deepEqual(
      said(/Exit codes\]\(docs\/operations\.md#exit-codes\):([^.]*)/.exec(readme)?.[1] ?? '', /(\d+) [a-z]/g),
      codes,
    );
  });
});
