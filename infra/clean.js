/**
 * `npm run clean [-- --all]`: ends the stack and frees what set-up installed. Runs and the stack's data stay, unless
 * `--all` is given.
 */
import { existsSync } from 'node:fs';
import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cache.js';
import { runMain } from './pieces.js';
import { servers } from './servers.js';
import { down } from './stack/down.js';
import { stateFolder } from './stack/state.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bytes below a folder, links not followed.
 * @param {string} path
 * @returns {Promise<number>}
 */
async function sizeOf(path) {
  const found = await lstat(path);
  if (!found.isDirectory()) return found.size;
  const sizes = await Promise.all((await readdir(path)).map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

await runMain(async () => {
  await down((line) => console.error(`  ${line}`));
  const all = process.argv.includes('--all');
  // By name: STREAMSAGE_CACHE may be a folder that holds other things.
  const cached = [
    ...Object.keys(servers),
    ...['go', 'python', 'tensorflow', 'native-step', 'node-arm64'],
  ].map((name) => join(cacheFolder(), name));
  const folders = [join(root, 'dist'), join(root, 'node_modules'), ...cached];
  const data = [stateFolder(), join(root, 'runs')];
  let freed = 0;
  for (const folder of all ? [...data, ...folders] : folders) {
    if (!existsSync(folder)) continue;
    const size = await sizeOf(folder);
    await rm(folder, { recursive: true, force: true });
    freed += size;
    console.log(`${(size / 1e6).toFixed(0).padStart(6)} MB  ${folder}`);
  }
  await rmdir(cacheFolder()).catch(() => undefined);
  console.log(`${(freed / 1e6).toFixed(0).padStart(6)} MB freed`);
  const left = data.filter((folder) => existsSync(folder));
  if (left.length > 0) console.log(`Kept: ${left.join(', ')} (with them: npm run clean -- --all)`);
});
