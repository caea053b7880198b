import assert from 'node:assert/strict';
import { describeMissing } from '../../infra/missing.js';
import { describeFetches, findMissing } from '../../infra/preflight.js';

const bare = {
  node: '22.1.0',
  platform: 'linux',
  arch: 'x64',
  glibc: true,
  dependencies: false,
  serversToBring: ['temporal', 'minio'],
  go: true,
  python3: true,
  freeMegabytes: 100_000,
};

describe('the preflight', () => {
  it('misses nothing on a machine that has what it takes', () => {
    assert.deepEqual(findMissing(bare), []);
  });

  it('names everything that is missing, at once, with the lines that install it', () => {
    const missing = findMissing({
      ...bare,
      node: '18.20.0',
      glibc: false,
      go: false,
      python3: false,
      freeMegabytes: 10,
    });
    assert.equal(missing.length, 4);
    const text = describeMissing(missing).join('\n');
    assert.match(text, /4 things are missing/);
    assert.match(text, /Node 20\.19 or newer \(this is 18\.20\.0\)/);
    assert.match(text, /Fedora {10}sudo dnf install golang/);
    assert.match(text, /macOS {11}brew install go/);
    assert.match(text, /6550 MB of disk \(there are 10\)/);
  });

  it('takes Node 20.19, and not 20.18', () => {
    assert.equal(findMissing({ ...bare, node: '20.19.0' }).length, 0);
    assert.equal(findMissing({ ...bare, node: '20.18.9' }).length, 1);
  });

  it('asks for Go or Python only if a server must be built', () => {
    const without = { ...bare, go: false, python3: false };
    assert.equal(findMissing(without).length, 1);
    assert.equal(findMissing({ ...without, serversToBring: [] }).length, 0);
    assert.equal(findMissing({ ...without, python3: true }).length, 0);
  });

  it('says what it will fetch, and nothing when nothing is to be fetched', () => {
    assert.match(describeFetches(bare).join('\n'), /npm packages.*MB.*Temporal server and MinIO/s);
    assert.deepEqual(describeFetches({ ...bare, dependencies: true, serversToBring: [] }), []);
  });
});
