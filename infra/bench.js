/** `npm run bench [-- --quick]`: sets up, builds, measures (bench/main.ts). */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runMain, setUp } from './setup.js';

const root = fileURLToPath(new URL('..', import.meta.url));

await runMain(async () => {
  await setUp();
  process.exitCode = await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...process.argv.slice(2)], {
      cwd: root,
      stdio: 'inherit',
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
});
