import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { archiveCase, readsOrRefuses } from './archive.js';
import { agreesWithReference, ratingsCase } from './ratings.js';

/**
 * `npm run fuzz -- --cases 1000000 --seed 1`: ratings files against a slow reference, and a tenth as many archives. A
 * failure prints the smallest case that shows it, and the seed that finds it again.
 */
const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
});
const [cases, seed] = [Number(values.cases), Number(values.seed)];
if (!(Number.isInteger(cases) && cases >= 1 && Number.isInteger(seed))) {
  console.error('Expected --cases to be a whole number from 1, and --seed to be a whole number');
  process.exit(2);
}

async function fuzz(what: string, numRuns: number, check: () => Promise<void>): Promise<void> {
  const started = performance.now();
  await check();
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${numRuns.toLocaleString('en-US')} ${what}, seed ${seed}: no difference (${seconds} s)`);
}

await fuzz('ratings files', cases, () => {
  fc.assert(
    fc.property(ratingsCase, ([bytes, allowed]) => agreesWithReference(bytes, allowed)),
    {
      numRuns: cases,
      seed,
    },
  );
  return Promise.resolve();
});
const archives = Math.ceil(cases / 10);
await fuzz('archives', archives, () =>
  fc.assert(fc.asyncProperty(archiveCase, readsOrRefuses), { numRuns: archives, seed }),
);
