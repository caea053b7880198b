import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadVersions } from '../../adapters/version.js';

const commit = '0123456789abcdef0123456789abcdef01234567';

describe('versions', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'streamsage-'));
    writeFileSync(join(root, 'package.json'), '{"version":"1.2.3"}');
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const git = (files: Readonly<Record<string, string>>) => {
    mkdirSync(join(root, '.git', 'refs', 'heads'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, '.git', name), text);
  };
  const commitFound = (environment = {}) => loadVersions(environment, root).commit;

  it('are those of code and runtime', () => {
    const { streamsage, node, platform } = loadVersions({}, root);
    assert.deepEqual([streamsage, node], ['1.2.3', process.versions.node]);
    assert.equal(platform, `${process.platform}-${process.arch}`);
  });

  it('are found from where this code lies', () => {
    assert.match(loadVersions({}).streamsage, /^\d+\.\d+\.\d+/);
  });

  it('name no commit outside a clone, or where there is something else', () => {
    assert.equal(commitFound(), undefined);
    writeFileSync(join(root, '.git'), 'gitdir: elsewhere');
    assert.equal(commitFound(), undefined);
  });

  it('name the commit that is checked out', () => {
    git({ HEAD: `${commit}\n` });
    assert.equal(commitFound(), commit);
    git({ HEAD: 'ref: refs/heads/main\n', 'refs/heads/main': `${commit}\n` });
    assert.equal(commitFound(), commit);
  });

  it('name it also when git has packed the branches', () => {
    const other = 'f'.repeat(40);
    const packed = `# pack-refs with: peeled fully-peeled sorted \n${other} refs/heads/another/refs/heads/main\n${commit} refs/heads/main\n`;
    git({ HEAD: 'ref: refs/heads/main\n', 'packed-refs': packed });
    assert.equal(commitFound(), commit);
  });

  it('take the commit from the environment, where a container has no clone', () => {
    git({ HEAD: commit });
    assert.equal(commitFound({ STREAMSAGE_COMMIT: 'abc' }), 'abc');
    assert.equal(commitFound({ STREAMSAGE_COMMIT: '' }), commit);
  });
});
