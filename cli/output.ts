import { withoutControls } from '../predictor/ratings/quote.js';
import { alignColumns } from '../workflows/plain-text.js';
import { exitCodes } from './exit-codes.js';
import { wrapLine } from './wrap-line.js';

export { alignColumns, counted, formatBytes, formatCount, shortTime } from '../workflows/plain-text.js';

/** Results go to standard output, everything said along the way to standard error. */
export interface Output {
  /** A line of the result. */
  result(line: string): void;
  /** A line about what is going on. */
  note(line: string): void;
  /** Columns of the terminal that shows the result, where one does. */
  readonly width?: number | undefined;
}

/**
 * Text as a terminal may be given it, whoever wrote it: lines and tabs, and no character that moves the cursor, sets a
 * title or turns the writing's direction.
 */
export function printable(text: string): string {
  return text.split('\n').map(withoutControls).join('\n');
}

/**
 * This process's streams, which show what is printable. Once nobody reads one of them any more (`… | head -1`), the process ends as one does that SIGPIPE
 * ends: at once, and quietly.
 */
export function createProcessOutput(): Output {
  const lines = (stream: NodeJS.WriteStream) => {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(exitCodes.nobodyReads);
    });
    return (line: string) => void stream.write(`${printable(line)}\n`);
  };
  const { isTTY, columns } = process.stdout;
  return {
    result: lines(process.stdout),
    note: lines(process.stderr),
    // A terminal in a container may say that it has none.
    width: isTTY && columns > 0 ? columns : undefined,
  };
}

/** Of what cannot be left out: what a row is about, and how it stands. */
const leastColumns = 2;

/**
 * A table, its head first. Columns that do not fit into a terminal are left out from the right, and named in a note.
 */
export function printTable(output: Output, given: readonly (readonly string[])[]): void {
  // A name from outside must not begin a line of its own.
  const rows = given.map((row) => row.map(withoutControls));
  const [head = []] = rows;
  const { width } = output;
  let count = head.length;
  const lines = () => alignColumns(rows.map((row) => row.slice(0, count)));
  const fits = () => width === undefined || lines().every((line) => line.length <= width);
  while (count > leastColumns && !fits()) count--;
  for (const line of lines()) output.result(line);
  if (count < head.length) {
    const note = `Not shown in ${width!} columns: ${head.slice(count).join(', ')} (--json has them)`;
    for (const line of wrapLine(note, width!)) output.note(line);
  }
}

/** Lines for people; those that do not fit into a terminal are wrapped. */
export function printLines(output: Output, lines: readonly string[]): void {
  for (const line of lines.flatMap((text) => text.split('\n'))) {
    for (const piece of wrapLine(line, output.width ?? Infinity)) output.result(piece);
  }
}

/** Prints a value as JSON, in which what is not printable is escaped: a reader gets what was there. */
export function printJson(output: Output, value: unknown): void {
  const json = JSON.stringify(value, undefined, 2);
  output.result(json.replace(/[^\n\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, escaped));
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
