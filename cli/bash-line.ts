/** A line as bash takes it for words, up to where the cursor is. */
export interface BashLine {
  /** Without quotes and backslashes; the last is the one being typed, perhaps empty. */
  readonly words: readonly string[];
  /** How many characters of the last word bash leaves as they are: it completes what follows them. */
  readonly kept: number;
}

/** What a line is made of. A quote that nothing closes goes to its end. */
const piece =
  /(?<space>\s+)|\\(?<escaped>.?)|'(?<single>[^']*)(?<end>'?)|"(?<double>(?:[^"\\]|\\.)*)\\?(?<close>"?)|(?<plain>[^\s\\"']+)/gsu;

/**
 * Takes a line apart. Unlike in bash's own COMP_WORDS, a word with a colon or an equals sign is one word, and a quoted one
 * is as a program gets it. Variables and the like stand as they are written.
 * @param breaks bash's COMP_WORDBREAKS: at the last of them, unless it is quoted, begins what bash completes
 */
export function readBashLine(line: string, breaks: string): BashLine {
  const words: string[] = [];
  let word = '';
  let begun = false;
  let kept = 0;
  for (const { groups = {} } of line.matchAll(piece)) {
    const { space, escaped, single, end, double, close, plain } = groups;
    if (space !== undefined) {
      if (begun) words.push(word);
      [word, begun, kept] = ['', false, 0];
      continue;
    }
    begun = true;
    if (end === '' || close === '') kept = word.length;
    const last = Math.max(-1, ...Array.from(breaks, (character) => plain?.lastIndexOf(character) ?? -1));
    if (last >= 0) kept = word.length + last + 1;
    word += plain ?? escaped ?? single ?? double!.replaceAll(/\\(["\\$`])/g, '$1');
  }
  return { words: [...words, word], kept };
}
