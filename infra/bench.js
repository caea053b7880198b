/** `npm run bench` and `npm run bench:train`: set up, build, measure (bench/main.ts, bench/training.ts). */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runMain } from './pieces.js';
import { setUp } from './setup.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const [which = 'main', ...parameters] = process.argv.slice(2);

await runMain(async () => {
  await setUp();
  process.exitCode = await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', `bench/${which}.ts`, ...parameters], {
      cwd: root,
      stdio: 'inherit',
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
});
