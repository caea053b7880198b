import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder in which everything large lives once per machine, by name and version: STREAMSAGE_CACHE, else the
 * platform's cache folder.
 */
export function cacheFolder() {
  if (process.env['STREAMSAGE_CACHE']) return process.env['STREAMSAGE_CACHE'];
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'streamsage');
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'streamsage');
}
