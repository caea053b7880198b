import type { Command } from 'commander';
import { answers, type AnsweringCommand, jsonSchemaOf } from './answers.js';
import { UsageError } from './exit-codes.js';
import { type Output, printJson } from './output.js';

export function addSchema(program: Command, output: Output): void {
  program
    .command('schema')
    .description('print the JSON Schema of what a command prints with --json')
    .argument('[command...]', 'words of the command (default: list those that have one)')
    .addHelpText('after', '\nExample:\n  streamsage schema runs show\n')
    // `--lineage` is a word of a command here.
    .allowUnknownOption()
    .action((words: readonly string[]) => {
      const commands = Object.keys(answers);
      if (words.length === 0) {
        for (const command of commands) output.result(command);
        return;
      }
      const command = words.join(' ');
      if (!isAnswering(command)) {
        throw new UsageError(`Expected one of ${commands.join(', ')}; got \`${command.slice(0, 100)}\``);
      }
      printJson(output, jsonSchemaOf(command));
    });
}

function isAnswering(command: string): command is AnsweringCommand {
  return Object.hasOwn(answers, command);
}
