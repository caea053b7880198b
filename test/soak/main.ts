import { parseArgs } from 'node:util';
import { putFreshContent } from '../../artifacts/content.js';
import { ensureBuild } from '../../infra/build.js';
import { RandomState } from '../../predictor/random.js';
import { fewRatings } from '../support/training-job.js';
import { faults } from './faults.js';
import { type FaultName, pick, planFaults } from './plan.js';
import { type Ending, inputOf, recipes, refreshes, runToTheEnd } from './runs.js';
import { startWorld } from './world.js';

/**
 * `npm run soak -- --minutes 60 --seed 1`: small runs, several at once, on real servers and workers, while faults are
 * thrown at all of them in an order that the seed decides. Each run must end with the digests of an undisturbed one, and
 * nothing may be left over. Exit code 1 if one does not, or something is.
 */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    parallel: { type: 'string', default: '3' },
  },
});
const [minutes, seed, parallel] = [Number(values.minutes), Number(values.seed), Number(values.parallel)];
if (!(minutes > 0 && Number.isInteger(seed) && seed >= 0 && Number.isInteger(parallel) && parallel >= 1)) {
  console.error(
    'Expected --minutes above 0, --seed to be a whole number from 0, --parallel to be one from 1',
  );
  process.exit(2);
}

/** Without an end after so long a run is stuck: a training that hangs costs its stall limit, a dead worker a heartbeat. */
const patienceMs = 6 * 60_000;

await ensureBuild((text) => console.error(text));
console.log(`Soak of ${minutes} minutes, seed ${seed}, ${parallel} runs at once`);
const world = await startWorld();
const started = Date.now();
const clock = () => `${((Date.now() - started) / 1000).toFixed(0).padStart(5)} s`;
const violations: string[] = [];
const say = (text: string) => console.log(`${clock()}  ${text}`);
const violation = (text: string) => {
  violations.push(text);
  say(`VIOLATION: ${text}`);
};
const thrown = new Map<FaultName, number>();
const count = <Key>(counts: Map<Key, number>, key: Key) => counts.set(key, (counts.get(key) ?? 0) + 1);
const endings = new Map<Ending['status'], number>();
const blocks = new Map<string, number>();

try {
  const ratings = await putFreshContent(world.store, fewRatings(), 'text/plain');
  const expected = new Map<number, string>();
  for (const [index, recipe] of recipes.entries()) {
    const ending = await runToTheEnd(
      world,
      `undisturbed-${index}`,
      inputOf(ratings, recipe, 'all'),
      patienceMs,
    );
    if (ending.status !== 'completed')
      throw new Error(`The undisturbed run ${index} ended as ${ending.status}`);
    expected.set(index, JSON.stringify(ending.digests));
    say(`undisturbed run ${index} is done`);
  }

  const faultsFrom = Date.now();
  const endAt = faultsFrom + minutes * 60_000;
  const open = new Set<string>();
  const random = new RandomState(seed);
  const work = async (slot: number) => {
    for (let number = 1; Date.now() < endAt; number++) {
      const index = Math.floor(random.uniform() * recipes.length);
      const refresh = pick(refreshes, random.uniform());
      const run = `soak-${slot}-${number}`;
      open.add(run);
      const began = Date.now();
      const ending = await runToTheEnd(world, run, inputOf(ratings, recipes[index]!, refresh), patienceMs);
      open.delete(run);
      count(endings, ending.status);
      for (const { type } of ending.blocks) count(blocks, type);
      const seconds = ((Date.now() - began) / 1000).toFixed(1);
      const repaired = ending.blocks.length > 0 ? `, repaired ${ending.blocks.length} times` : '';
      say(
        `${run} (recipe ${index}, refresh ${refresh ?? 'none'}): ${ending.status} after ${seconds} s${repaired}`,
      );
      for (const { stage, type, message } of ending.blocks)
        say(`  ${run} was blocked in ${stage}: ${message} [${type}]`);
      if (ending.status === 'stuck' || ending.status === 'failed') {
        violation(
          `${run} (recipe ${index}, refresh ${refresh ?? 'none'}) ${ending.status}: ${ending.reason ?? ''}`,
        );
      } else if (ending.status === 'completed' && JSON.stringify(ending.digests) !== expected.get(index)) {
        violation(`${run} (recipe ${index}) has other digests: ${JSON.stringify(ending.digests)}`);
      }
    }
  };
  const throwFaults = async () => {
    const lasting: Promise<unknown>[] = [];
    for (const fault of planFaults(seed, minutes)) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, faultsFrom + fault.atMs - Date.now())));
      count(thrown, fault.name);
      say(`fault: ${fault.name}`);
      const target = { openRuns: [...open].sort(), inputs: new Set([ratings.key]) };
      // A fault that cannot be thrown while another lasts is none: the store is away, the server does not answer.
      const throwIt = async () => {
        await faults[fault.name](world, fault, target);
      };
      lasting.push(throwIt().catch((error: unknown) => say(`  (${String(error)})`)));
    }
    await Promise.all(lasting);
  };
  await Promise.all([throwFaults(), ...Array.from({ length: parallel }, (_, slot) => work(slot + 1))]);
  for (const left of await world.drainAll()) violation(`left over: ${left}`);
} catch (error) {
  violation(`the soak itself: ${String(error)}`);
} finally {
  if (violations.length > 0) console.log(await world.logs().catch(String));
  await world.stop();
}

const table = (title: string, counts: ReadonlyMap<string, number>) => [
  '',
  `| ${title} | times |`,
  '| --- | --- |',
  ...[...counts].sort(([a], [b]) => a.localeCompare(b)).map(([name, times]) => `| ${name} | ${times} |`),
];
const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((all, one) => all + one, 0);
console.log(
  [
    ...table('fault', thrown),
    ...table('runs ended', endings),
    ...table('blocked, then repaired', blocks),
    '',
    `Seed ${seed}, ${minutes} minutes: ${sum(thrown)} faults, ${sum(endings)} runs, ${violations.length} violations`,
    ...violations.map((text) => `- ${text}`),
  ].join('\n'),
);
process.exit(violations.length === 0 ? 0 : 1);
