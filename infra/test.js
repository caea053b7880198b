/**
 * `npm test`: sets up what is missing, then the unit tests and those on real servers. `npm run test:full`: the slow
 * proofs, of which `npm run test:containers` are those in containers. The last line is `N passed, N failed, N skipped`,
 * over all suites.
 *
 * A test skips only where reference material or a tool is missing, through test/support/missing.ts, which says so. With
 * CI=true any other skipped test is a failure.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium } from './chromium.js';
import { ensureEngine } from './containers/engine.js';
import { piece, runMain } from './pieces.js';
import { ensureServer } from './servers.js';
import { setUp } from './setup.js';
import { ensureShells } from './shells.js';
import { setUpTensorflow } from './tensorflow.js';
import { addCounts, formatCounts, isGreen } from './test-counts.js';

/** @typedef {import('./test-counts.js').Counts} Counts */

const root = fileURLToPath(new URL('..', import.meta.url));
/** @typedef {{ title: string, spec: string | string[], timeout: string, environment?: Record<string, string> }} Suite */

/** @type {Record<'fast' | 'full' | 'containers', Suite[]>} */
const suites = {
  fast: [
    { title: 'unit tests', spec: 'test/**/*.test.ts', timeout: '20000' },
    { title: 'tests on real servers', spec: 'test/**/*.itest.ts', timeout: '180000' },
  ],
  full: [
    { title: 'slow proofs', spec: 'test/**/*.full.ts', timeout: '900000' },
    {
      title: 'the store and the pipeline on versitygw',
      spec: ['test/integration/object-store.itest.ts', 'test/integration/pipeline.itest.ts'],
      timeout: '180000',
      environment: { STREAMSAGE_TEST_STORE: 'versitygw' },
    },
  ],
  containers: [{ title: 'containers', spec: 'test/containers/*.full.ts', timeout: '900000' }],
};

/**
 * Runs mocha over a suite; what it prints goes to the terminal.
 * @param {Suite} suite
 * @param {string} folder for its report
 * @returns {Promise<Counts>}
 */
async function runSuite({ title, spec, timeout, environment }, folder) {
  console.log(`\n== ${title}`);
  const report = join(folder, `${title.replaceAll(' ', '-')}.json`);
  const code = await new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        join(root, 'node_modules', 'mocha', 'bin', 'mocha.js'),
        ...['--reporter', 'test/support/reporter.cjs'],
        ...['--reporter-option', `output=${report}`, '--timeout', timeout, ...[spec].flat()],
      ],
      { cwd: root, env: { ...process.env, ...environment }, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const counts = await readFile(report, 'utf8').then(
    (text) => /** @type {Counts} */ (JSON.parse(text)),
    () => ({ passed: 0, failed: 1, skipped: 0, unexplained: 0 }),
  );
  // A process that fails after its tests have passed has failed.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/**
 * What only some proofs need may be missing: they skip.
 * @param {string} what
 * @param {Promise<unknown>} setUpOfIt
 */
async function orSkip(what, setUpOfIt) {
  await setUpOfIt.catch((error) => {
    console.error(`\n${what} could not be set up, its proofs will be skipped: ${error.message}\n`);
  });
}

await runMain(async () => {
  const started = performance.now();
  await setUp();
  const asked = process.argv[2] ?? 'fast';
  if (!(asked in suites)) throw new Error(`Expected ${Object.keys(suites).join(' or ')}, got \`${asked}\``);
  if (asked === 'fast') await ensureShells();
  else await ensureEngine();
  if (asked === 'full') {
    await ensureChromium();
    await orSkip('The TensorFlow engine', setUpTensorflow());
    await orSkip(
      'The second S3 server',
      piece('versitygw', (report) => ensureServer('versitygw', report)),
    );
  }
  const chosen = suites[/** @type {keyof typeof suites} */ (asked)];
  const folder = await mkdtemp(join(tmpdir(), 'streamsage-tests-'));
  const all = [];
  try {
    for (const suite of chosen) all.push(await runSuite(suite, folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const counts = addCounts(all);
  if (!isGreen(counts, process.env['CI'] === 'true')) process.exitCode = 1;
  console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} s`);
  console.log(formatCounts(counts));
});
