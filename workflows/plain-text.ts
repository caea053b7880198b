/** Text for people, where no Markdown and no colour is: columns, sizes, counts, times. */

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

/** `1 run`, `1,234 runs`. */
export function counted(count: number, one: string): string {
  return `${formatCount(count)} ${count === 1 ? one : `${one}s`}`;
}

/** `4.9 MB`: sizes for people, in powers of ten. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? String(value) : value.toFixed(1)} ${units[power] ?? ''}`;
}

/** `2026-11-25T02:00:00Z`. */
export function wholeSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** `2026-11-25 02:00:00` of an ISO 8601 time. */
export function shortTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}

/**
 * One line that can be shown anywhere: no control or invisible characters, no line breaks, no half of a surrogate pair,
 * at most so many characters.
 */
export function oneLine(text: string, maximum: number): string {
  const visible = text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim();
  const characters = Array.from(visible);
  return characters.length <= maximum ? visible : `${characters.slice(0, maximum - 1).join('')}…`;
}

/** Lines of at most `width` characters, each but the last with `joint` at its end; a longer word keeps its line. */
export function wrapWords(words: readonly string[], width: number, joint = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length + joint.length > width) {
      lines.push(line + joint);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}
