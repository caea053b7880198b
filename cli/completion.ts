import { resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { completionScript, filesMark, type Shell, shells } from './completion-scripts.js';
import { completionsFor } from './completions.js';
import type { Output } from './output.js';

/** `completion` prints a script for a shell; `__complete` is what the script asks. */
export function addCompletion(program: Command, output: Output): void {
  program
    .command('completion')
    .description('print a script by which a shell completes commands, options and choices')
    .addArgument(new Argument('<shell>', 'which shell it is for').choices(shells))
    .addHelpText(
      'after',
      '\nTo switch it on, in the file that the shell reads when it starts:' +
        '\n  bash, zsh (there after compinit):  source <(streamsage completion bash)' +
        '\n  fish:                              streamsage completion fish | source' +
        '\n\nExample:\n  streamsage completion bash > ~/.local/share/bash-completion/completions/streamsage\n',
    )
    .action((shell: Shell) => {
      output.result(completionScript(shell, [process.execPath, resolve(process.argv[1]!)]));
    });
  program
    .command('__complete', { hidden: true })
    .helpOption(false)
    .argument('[words...]')
    .action((words: string[]) => {
      const { suggestions, also } = completionsFor(program, words);
      for (const { value, description } of suggestions) output.result(`${value}\t${description}`);
      if (also === 'files') output.result(filesMark);
    });
}
