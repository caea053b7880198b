import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { RandomState } from '../../predictor/random.js';
import { runPython } from '../support/python.js';

interface Drawn {
  readonly permutation: readonly number[];
  readonly uniform: readonly number[];
}

describe("RandomState, against NumPy's", function () {
  this.timeout(120_000);
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'streamsage-random-'))));
  after(() => rm(folder, { recursive: true }));

  it('permutes any count with any seed as NumPy does, and goes on with its numbers', async function () {
    const count = fc.oneof(fc.nat(20), fc.nat(3000), fc.constantFrom(623, 624, 625, 65_536, 99_057));
    const seed = fc.oneof(fc.nat(4_294_967_295), fc.constantFrom(0, 1, 2_147_483_648, 4_294_967_295));
    const cases = fc.sample(fc.tuple(count, seed), 150);
    const file = join(folder, 'cases.json');
    await writeFile(file, JSON.stringify(cases));
    const drawn = JSON.parse(await runPython(this, 'permutations.py', file)) as Drawn[];
    assert.equal(drawn.length, cases.length);
    for (const [index, [n, from]] of cases.entries()) {
      const random = new RandomState(from);
      const { permutation, uniform } = drawn[index]!;
      assert.deepEqual(Array.from(random.permutation(n)), permutation, `${n} with seed ${from}`);
      assert.deepEqual([random.uniform(), random.uniform(), random.uniform()], uniform, `${n} with seed ${from}`);
    }
  });
});
