import { resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { completionScript, filesMark, type Shell, shells } from './completion-scripts.js';
import { readBashLine } from './bash-line.js';
import { completionsFor, type Suggestion } from './completions.js';
import { exitCodes } from './exit-codes.js';
import { lookUpNames } from './look-up-names.js';
import type { Output } from './output.js';

/** How long servers may take to answer. */
const usualSeconds = 1;
const mostSeconds = 3600;

interface CompleteOptions {
  readonly bashLine?: string;
  readonly bashBreaks: string;
}

/** `completion` prints a script for a shell; `__complete` is what the script asks. */
export function addCompletion(program: Command, output: Output): void {
  program
    .command('completion')
    .description('print a script by which a shell completes commands, options, choices and names')
    .addArgument(new Argument('<shell>', 'which shell it is for').choices(shells))
    .addHelpText(
      'after',
      '\nTo switch it on, in the file that the shell reads when it starts:' +
        '\n  bash, zsh (there after compinit):  source <(streamsage completion bash)' +
        '\n  fish:                              streamsage completion fish | source' +
        '\n\nNames of runs, schedules and artifacts come from the servers, if these answer within a second' +
        '\n(STREAMSAGE_COMPLETION_SECONDS).' +
        '\n\nExample:\n  streamsage completion bash > ~/.local/share/bash-completion/completions/streamsage\n',
    )
    .action((shell: Shell) => {
      output.result(completionScript(shell, [process.execPath, resolve(process.argv[1]!)]));
    });
  program
    .command('__complete', { hidden: true })
    .helpOption(false)
    .argument('[words...]', 'after the name of the program, the last one being typed')
    .option('--bash-line <line>', 'the whole line up to the cursor, in place of words')
    .option('--bash-breaks <characters>', 'COMP_WORDBREAKS', '')
    .action(async (words: string[], { bashLine, bashBreaks }: CompleteOptions) => {
      const line = bashLine === undefined ? undefined : readBashLine(bashLine, bashBreaks);
      const { suggestions, also } = completionsFor(program, line ? line.words.slice(1) : words);
      const print = (all: readonly Suggestion[]) => {
        for (const { value, description } of all)
          output.result(`${value.slice(line?.kept ?? 0)}\t${description}`);
      };
      print(suggestions);
      if (also === 'files') output.result(filesMark);
      else if (also) {
        const { found, late } = await inTime(lookUpNames(also.names));
        print(also.matching(found));
        // Whatever still waits for an answer would keep the shell waiting, too.
        if (late) process.exit(exitCodes.done);
      }
    });
}

/** Names that are found within the time that somebody waits who has pressed a key; none where nothing answers. */
async function inTime(looking: Promise<readonly Suggestion[]>) {
  const asked = Number(process.env['STREAMSAGE_COMPLETION_SECONDS']);
  const seconds = asked > 0 && asked <= mostSeconds ? asked : usualSeconds;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((done) => (timer = setTimeout(() => done(undefined), seconds * 1000)));
  const found = await Promise.race([looking.catch(() => []), late]);
  clearTimeout(timer);
  return { found: found ?? [], late: found === undefined };
}
