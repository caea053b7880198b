/**
 * `npm run setup`: brings what is missing, side by side, once. Says first what is missing on the machine, and what it
 * will fetch. Silent when everything is there.
 */
import { fileURLToPath } from 'node:url';
import { ensureBuild } from './build.js';
import { ensureDependencies } from './dependencies.js';
import { describeMissing } from './missing.js';
import { piece, runMain } from './pieces.js';
import { describeFetches, findMissing, gatherFacts } from './preflight.js';
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

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(setUp);
