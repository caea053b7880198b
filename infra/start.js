/**
 * `npm start [-- flags of streamsage train]`: sets up what is missing, starts or mends the local stack, trains, puts the
 * artifacts into runs/<run>/, leaves the stack running.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runMain } from './pieces.js';
import { setUp } from './setup.js';
import { hasNvidiaDriver, setUpTensorflow } from './tensorflow.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @param {string} script
 * @param {readonly string[]} parameters
 * @param {'inherit' | 'ignore'} [stdout]
 * @returns {Promise<number>} exit code
 */
function runScript(script, parameters, stdout = 'inherit') {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...parameters], {
      cwd: root,
      stdio: ['inherit', stdout, 'inherit'],
    });
    // Ctrl-C reaches the child, too, which says how to come back to the run.
    process.on('SIGINT', () => undefined);
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

await runMain(async () => {
  await setUp();
  // `--refresh train`: whoever says "start" wants to see it train, whatever the store holds.
  const given = process.argv.slice(2);
  const atTheEnd = given.includes('--detach') ? [] : ['--if-unreachable', 'synthetic', '--output', 'runs'];
  const train = ['train', '--refresh', 'train', ...atTheEnd, ...given];
  // What is wrong with the flags is said before anything is started.
  const check = train
    .filter((word) => word !== '--detach')
    // Standard input can be read once only, by what trains.
    .map((word) => word.replace(/^(--source=)?-$/, '$1synthetic'));
  const checked = await runScript('cli/streamsage.js', [...check, '--check'], 'ignore');
  if (checked !== 0) {
    process.exitCode = checked;
    return;
  }
  if (hasNvidiaDriver()) {
    await setUpTensorflow().catch((error) => {
      console.error(`\nThe TensorFlow engine could not be set up, the CPU engine serves: ${error.message}\n`);
    });
  }
  const up = await runScript('infra/stack/main.js', ['up']);
  if (up !== 0) {
    process.exitCode = up;
    return;
  }
  process.exitCode = await runScript('cli/streamsage.js', train);
  console.error(
    '\nThe local stack is still running. See it: npx --no-install streamsage status. End it: npm stop',
  );
});
