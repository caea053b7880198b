import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Environment } from './settings.js';

/** What set-up installs lies here: STREAMSAGE_CACHE, else the platform's cache folder (as infra/cache.js has it). */
export function cacheFolder(environment: Environment = process.env): string {
  if (environment['STREAMSAGE_CACHE']) return environment['STREAMSAGE_CACHE'];
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'streamsage');
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'streamsage');
}

/** Bytes that this user may still write into a folder, or into the one that it would be made in. */
export async function freeBytes(folder: string): Promise<number> {
  let existing = resolve(folder);
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  return bavail * bsize;
}
