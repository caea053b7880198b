import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { findOnPath } from '../../infra/command.js';
import { skipWithout } from './missing.js';

const script = fileURLToPath(new URL('terminal.py', import.meta.url));

/** A program in a real terminal of its own. */
export interface Terminal {
  type(keys: string): void;
  /** Waits until what it has shown since the last call matches; a test's time limit ends this. @returns what it has shown since */
  shows(what: RegExp): Promise<string>;
  /** Waits for its end. @returns its exit code, and all that it has shown */
  ended(): Promise<{ readonly code: number | null; readonly shown: string }>;
  kill(): void;
}

/** Starts it; skips the test where there is no Python. The caller waits for its end or kills it. */
export function openTerminal(
  context: Mocha.Context,
  columns: number,
  command: readonly string[],
  options: { readonly cwd?: string; readonly env: NodeJS.ProcessEnv },
): Terminal {
  const python = findOnPath('python3');
  if (python === undefined) return skipWithout(context, 'python3');
  const child = spawn(python, [script, String(columns), ...command], {
    ...options,
    env: { TERM: 'xterm', ...options.env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  const closed = once(child, 'close') as Promise<[number | null]>;
  return {
    type: (keys) => void child.stdin.write(keys),
    async shows(what) {
      while (!what.test(shown.slice(seen))) {
        const more = await Promise.race([once(child.stdout, 'data'), closed.then(() => undefined)]);
        if (more === undefined && !what.test(shown.slice(seen)))
          throw new Error(`Expected the terminal to show ${what}, it ended with: ${shown.slice(seen)}`);
      }
      const found = shown.slice(seen);
      seen = shown.length;
      return found;
    },
    async ended() {
      const [code] = await closed;
      return { code, shown };
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
