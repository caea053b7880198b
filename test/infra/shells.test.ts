import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureShells } from '../../infra/shells.js';

describe('shells for the tests of completion', () => {
  let folder: string;
  let calls: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'streamsage-'));
    calls = join(folder, 'calls');
    program('bash', '');
    program('apt-get', `echo "$*" >> ${calls}\n: > ${folder}/zsh\n/bin/chmod 755 ${folder}/zsh`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A program in the only folder on PATH. */
  const program = (name: string, body: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });

  it('are those that are there; the others are installed on a CI machine', async () => {
    assert.deepEqual(await ensureShells({ PATH: folder }, 0), [join(folder, 'bash')]);
    assert.ok(!existsSync(calls));
    const found = await ensureShells({ PATH: folder, CI: 'true' }, 0);
    assert.match(readFileSync(calls, 'utf8'), /^install .* zsh fish$/m);
    assert.deepEqual(found, [join(folder, 'bash'), join(folder, 'zsh')]);
  });
});
