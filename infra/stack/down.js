import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { withLock } from '../lock.js';
import { partNames } from './parts.js';
import { isRunning, stopProcess } from './processes.js';
import { readStack, stateFolder, writeStack } from './state.js';

/**
 * Ends the stack: workers first, then the servers. Data and credentials stay.
 * @param {(line: string) => void} say
 */
export async function down(say) {
  if (!existsSync(stateFolder())) return;
  await withLock(join(stateFolder(), 'lock'), async () => {
    const stack = await readStack();
    if (!stack) return;
    const stop = async (/** @type {string} */ name) => {
      const part = stack.parts[name];
      if (!part) return;
      const wasRunning = await isRunning(part);
      await stopProcess(part);
      delete stack.parts[name];
      if (wasRunning) say(`${name.padEnd(13)}stopped`);
    };
    await Promise.all(partNames.filter((name) => name.endsWith('-worker')).map(stop));
    await Promise.all(partNames.filter((name) => !name.endsWith('-worker')).map(stop));
    writeStack(stack);
  });
}
