import { Help, type HelpConfiguration } from 'commander';
import { wrapLine } from './wrap-line.js';

/** Columns below which a description beside its term is too narrow to be read. */
const leastColumns = 40;
const unknownWidth = 80;

/** Help for narrow terminals, too: there a description stands below its term. */
export const helpLayout: HelpConfiguration = {
  formatItem(term, termWidth, description, helper) {
    const width = helper.helpWidth ?? unknownWidth;
    if (width - termWidth - 4 >= leastColumns || description === '') {
      return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
    }
    return [`  ${term}`, ...wrapLine(`    ${description}`, width)].join('\n');
  },
};

/** Text of a help page with its sentences wrapped; what is indented, such as a command to type, is left as it is. */
export function wrapHelp(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => (line.startsWith(' ') ? line : wrapLine(line, width)))
    .join('\n');
}
