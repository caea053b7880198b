import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * Runs `work` while no other process runs work under the same lock. A lock whose holder is dead is taken over.
 * @template Result
 * @param {string} folder the lock: a folder that exists while it is held
 * @param {() => Promise<Result>} work
 * @param {(pid: number) => void} [onWait] called once if another process holds the lock
 * @returns {Promise<Result>}
 */
export async function withLock(folder, work, onWait) {
  const holderFile = join(folder, 'pid');
  await mkdir(dirname(folder), { recursive: true });
  let waited = false;
  for (;;) {
    try {
      await mkdir(folder);
      await writeFile(holderFile, String(process.pid));
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(holderFile, 'utf8').catch(() => '0'));
    if (holder > 0 && !isAlive(holder)) {
      await rm(folder, { recursive: true, force: true });
      continue;
    }
    if (!waited && holder > 0) onWait?.(holder);
    waited = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    return await work();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
