import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isRunName } from '../../artifacts/names.js';
import { checkRun } from '../../workflows/check-input.js';

describe("a run's name", () => {
  const accepts = (run: string) => {
    try {
      checkRun(run);
      return true;
    } catch (error) {
      assert.equal((error as Error).name, 'InvalidArtifactNameError');
      return false;
    }
  };

  it('is refused by the workflow where the ledger would refuse it later', () => {
    const character = fc.constantFrom(...'aZ09._:-/ \\\u001b\u202e\n'.split(''));
    const names = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: character, maxLength: 8 }));
    fc.assert(fc.property(names, (run) => assert.equal(accepts(run), isRunName(run), JSON.stringify(run))));
    assert.ok(accepts('x'.repeat(200)) && !accepts('x'.repeat(201)));
    assert.ok(accepts('nightly-2026-11-25T02:00:00Z'));
  });

  it('is not the one that means the last run published', () => {
    assert.ok(!accepts('latest'));
    assert.ok(accepts('latest-2026-11-25T02:00:00Z'));
  });
});
