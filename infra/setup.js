/**
 * `npm run setup`: brings what is missing, side by side, once. Says first what is missing on the machine, and what it
 * will fetch. Silent when everything is there.
 */
import { fileURLToPath } from 'node:url';
import { ensureBuild } from './build.js';
import { ensureDependencies } from './dependencies.js';
import { describeFetches, describeMissing, findMissing, gatherFacts } from './preflight.js';
import { ensureServer, isConfigured } from './servers.js';

/**
 * @throws {Error} if something is missing or a piece fails; the pieces that were done stay done
 */
export async function setUp() {
  const facts = await gatherFacts();
  const missing = findMissing(facts);
  if (missing.length > 0) throw new Error(describeMissing(missing).join('\n'));
  const fetches = describeFetches(facts);
  if (fetches.length > 0) {
    console.error('Set-up will fetch:');
    for (const line of fetches) console.error(`  ${line}`);
  }
  const names = /** @type {const} */ (['temporal', 'minio']).filter((name) => !isConfigured(name));
  const results = await Promise.allSettled([
    piece('dependencies', ensureDependencies).then(() => piece('build', ensureBuild)),
    ...names.map((name) => piece(name, (report) => ensureServer(name, report))),
  ]);
  const failures = results
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => String(reason.message));
  if (failures.length > 0)
    throw new Error(`${failures.join('\n\n')}\n\nRun the same command again: what is done stays done.`);
}

/**
 * Runs one piece, and says its phases and how long it took; nothing if it had nothing to do.
 * @template Result
 * @param {string} name
 * @param {(report: (phase: string) => void) => Promise<Result>} work
 */
export async function piece(name, work) {
  const started = performance.now();
  let worked = false;
  const say = (/** @type {string} */ what) => console.error(`  ${name.padEnd(12)} ${what}`);
  const result = await work((phase) => {
    worked = true;
    say(phase);
  });
  if (worked) say(`done in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return result;
}

/** Runs a command's main part; an error becomes one message and exit code 1. @param {() => Promise<void>} main */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(setUp);
