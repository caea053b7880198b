/** Words, and what stands in backticks for one: a command to type is not broken up. */
const word = /(?:`[^`]*`|\S)+/gu;

/**
 * A line in pieces of at most `width` characters, broken between words; the pieces after the first are indented by two more.
 * A longer word, such as an address, stays whole.
 */
export function wrapLine(line: string, width: number): string[] {
  const pieces: string[] = [];
  const indent = `${/^ */.exec(line)![0]}  `;
  let from = 0;
  let to = 0;
  const piece = () => (pieces.length === 0 ? '' : indent) + line.slice(from, to);
  for (const { index, 0: text } of line.matchAll(word)) {
    const before = to;
    to = index + text.length;
    if (before === 0 || piece().length <= width) continue;
    to = before;
    pieces.push(piece());
    from = index;
    to = index + text.length;
  }
  return [...pieces, piece()];
}
