import { exitCodes } from './exit-codes.js';

export { alignColumns, counted, formatBytes, formatCount, shortTime } from '../workflows/plain-text.js';

/** Results go to standard output, everything said along the way to standard error. */
export interface Output {
  /** A line of the result. */
  result(line: string): void;
  /** A line about what is going on. */
  note(line: string): void;
}

/**
 * This process's streams. Once nobody reads one of them any more (`… | head -1`), the process ends as one does that SIGPIPE
 * ends: at once, and quietly.
 */
export function createProcessOutput(): Output {
  const lines = (stream: NodeJS.WriteStream) => {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(exitCodes.nobodyReads);
    });
    return (line: string) => void stream.write(`${line}\n`);
  };
  return { result: lines(process.stdout), note: lines(process.stderr) };
}

export function printJson(output: Output, value: unknown): void {
  output.result(JSON.stringify(value, undefined, 2));
}
