import { oneLine } from './plain-text.js';

/**
 * Markdown as every version of Temporal's web UI shows it: paragraphs, headings, code, links. Its tables have no space
 * between columns, and other versions show none at all: so columns stand in code blocks. What comes from outside stands
 * in code, too, where nothing in it is markup.
 */

/** Text within a sentence, as it is: nothing in it is markup. */
export function prose(text: string, maximum = 200): string {
  return oneLine(text, maximum).replaceAll(/[\\`*_{}[\]()#+.!:|&<>~-]/g, '\\$&');
}

/** Text as code within a line. */
export function code(text: string, maximum = 100): string {
  const shown = oneLine(text.replaceAll('`', "'"), maximum);
  return shown === '' ? '(empty)' : `\`${shown}\``;
}

/** Lines as a block of code. Nothing in them ends the block. */
export function codeBlock(lines: readonly string[]): string {
  const shown = lines.map((line) =>
    line.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ').replaceAll(/`{3}|~{3}/g, "'''"),
  );
  return ['```', ...shown, '```'].join('\n');
}

/** A link, or the text alone where the address is none that a browser should follow. */
export function link(text: string, address: string): string {
  return /^https?:\/\/[\w.~:/?#@!$&*+,;=%[\]-]{1,1000}$/.test(address) ? `[${text}](${address})` : text;
}

/** A page of blocks. The frame that the UI shows it in is too low by a line: an empty one is what it cuts off. */
export function page(...blocks: readonly (string | undefined | false)[]): string {
  return paragraphs(...blocks, codeBlock(['']));
}

/** Blocks with a blank line between them, which is what tells them apart. */
export function paragraphs(...blocks: readonly (string | undefined | false)[]): string {
  return blocks.filter((block) => block !== undefined && block !== false && block !== '').join('\n\n');
}
