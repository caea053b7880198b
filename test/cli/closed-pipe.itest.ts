import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensureBuild } from '../../infra/build.js';

const program = fileURLToPath(new URL('../../cli/streamsage.js', import.meta.url));

describe('a pipe whose reader has gone', function () {
  this.timeout(120_000);
  before(() => ensureBuild(() => undefined));

  /** The exit code, and what else the command says where nobody has closed the pipe. */
  const piped = (redirections: string, ...words: string[]) => {
    const script = `{ "$0" "$@" ${redirections}; echo "code $?" >&3; } 3>&2 | true`;
    const { stderr } = spawnSync('sh', ['-c', script, process.execPath, program, ...words], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], STREAMSAGE_STATE: '/nowhere' },
    });
    return stderr;
  };

  it('ends the command as SIGPIPE would, without a word', () => {
    assert.equal(piped('', 'train', '--help'), 'code 141\n');
    assert.equal(piped('2>&1', 'runs', 'list'), 'code 141\n');
    assert.match(piped('', 'runs', 'list'), /^streamsage: Expected TEMPORAL_ADDRESS.*\ncode 3\n$/);
  });
});
