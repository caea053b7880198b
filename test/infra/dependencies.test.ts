import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { isAllowed, licencesFile, licencesOf, licencesPage, lockedPackages } from '../../infra/licences.js';

describe('the dependencies', () => {
  it('are locked by the digest of their content, each', async () => {
    const locked = Object.entries(
      (await lockedPackages()) as Record<string, { integrity?: string; link?: boolean }>,
    ).filter(([path]) => path !== '');
    assert.ok(locked.length > 100);
    const loose = locked.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''));
    assert.deepEqual(loose, []);
  });

  it('have licences that may be depended on', async () => {
    const other = licencesOf(await lockedPackages()).filter(({ licence }) => !isAllowed(licence));
    assert.deepEqual(other, [], 'read its licence: infra/licences.js');
  });

  it('and their licences are on the page: `npm run licences` writes it', async () => {
    assert.equal(await readFile(licencesFile, 'utf8'), await licencesPage(await lockedPackages()));
  });
});

describe('a licence', () => {
  it('is allowed if all that it names are', () => {
    for (const one of ['MIT', '(BSD-3-Clause AND Apache-2.0)', 'MIT OR Apache-2.0'])
      assert.ok(isAllowed(one), one);
    for (const one of ['GPL-3.0', 'MIT AND GPL-3.0', '(MIT OR GPL-3.0)', 'SEE LICENSE IN x', 'not said', ''])
      assert.ok(!isAllowed(one), one);
  });

  it('is told of what runs, once for each version, wherever it lies', () => {
    const locked = {
      '': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0', license: 'MIT' },
      'node_modules/a/node_modules/b': { version: '2.0.0', license: 'MIT' },
      'node_modules/@c/d': { version: '1.0.0' },
      'node_modules/tests': { version: '1.0.0', license: 'MIT', dev: true },
    };
    assert.deepEqual(licencesOf(locked), [
      { name: '@c/d', version: '1.0.0', licence: 'not said' },
      { name: 'b', version: '2.0.0', licence: 'MIT' },
    ]);
  });
});
