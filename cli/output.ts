export { alignColumns, formatBytes, formatCount } from '../workflows/plain-text.js';

/** Results go to standard output, everything said along the way to standard error. */
export interface Output {
  /** A line of the result. */
  result(line: string): void;
  /** A line about what is going on. */
  note(line: string): void;
}

export const processOutput: Output = {
  result: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
};

export function printJson(output: Output, value: unknown): void {
  output.result(JSON.stringify(value, undefined, 2));
}
