import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { killForGood } from './stack.js';

const workers = fileURLToPath(new URL('../../dist/workers/', import.meta.url));

/** A line of a worker's log. */
export type LogEntry = Readonly<Record<string, unknown>>;

/** A worker as an operator runs it: a process of the build, configured by its environment alone. */
export interface WorkerProcess {
  readonly pid: number;
  /** All that it has written to its standard error so far. */
  text(): string;
  /** The lines of its log so far. @throws SyntaxError if one of them is not JSON */
  entries(): LogEntry[];
  /** Resolves with the first line that is so, written or yet to be written. */
  entry(is: (entry: LogEntry) => boolean): Promise<LogEntry>;
  /** Waits until it ends by itself. @returns the exit code */
  end(): Promise<number | null>;
  kill(): Promise<void>;
  /** SIGTERM, and waits for its end. @returns the exit code */
  stop(): Promise<number | null>;
}

/** Starts a worker; it may not poll yet when this returns. */
export function startWorkerProcess(
  name: 'data-worker' | 'train-worker',
  environment: NodeJS.ProcessEnv,
): WorkerProcess {
  const child = spawn(process.execPath, [join(workers, `${name}.js`)], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  /** Who waits for more lines, or for the end. */
  const changed: ((value: unknown) => void)[] = [];
  const tell = () => {
    for (const resolve of changed.splice(0)) resolve(undefined);
  };
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    tell();
  });
  let closed = false;
  child.once('close', () => {
    closed = true;
    tell();
  });
  const entries = () =>
    text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogEntry);
  return {
    pid: child.pid!,
    text: () => text,
    entries,
    async entry(is) {
      for (;;) {
        const found = entries().find(is);
        if (found) return found;
        if (closed) throw new Error(`The worker ended without such a line:\n${text}`);
        await new Promise((resolve) => changed.push(resolve));
      }
    },
    async end() {
      if (!closed) await once(child, 'close');
      return child.exitCode;
    },
    kill: () => killForGood(child.pid!),
    async stop() {
      if (!hasEnded(child)) {
        const closed = once(child, 'close');
        child.kill('SIGTERM');
        await closed;
      }
      return child.exitCode;
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Says whether a worker polls now. */
export const polls = ({ message }: LogEntry): boolean => message === 'worker polls';
