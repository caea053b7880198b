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

/** Rows as columns, each as wide as its widest cell; the last column is not padded. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** `1,234,567`: counts for people. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `4.9 MB`: sizes for people, in powers of ten. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? String(value) : value.toFixed(1)} ${units[power] ?? ''}`;
}
