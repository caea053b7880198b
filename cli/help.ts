import type { Command } from 'commander';
import { UsageError } from './exit-codes.js';

/** `help runs repair` is `runs repair --help`. Commander's own takes one word only. */
export function addHelp(program: Command): void {
  program
    .helpCommand(false)
    .command('help')
    .description('display help for a command')
    .argument('[command...]', 'its words')
    .addHelpText('after', '\nExample:\n  streamsage help runs repair\n')
    .action((words: readonly string[]) => named(program, words).help());
}

function named(program: Command, words: readonly string[]): Command {
  return words.reduce((command, word) => {
    const next = command.commands.find((each) => each.name() === word);
    if (next) return next;
    const known = command.commands.map((each) => each.name()).filter((name) => !name.startsWith('_'));
    throw new UsageError(
      known.length === 0
        ? `Expected no more words, as \`${command.name()}\` has no commands of its own; got \`${word.slice(0, 100)}\``
        : `Expected one of ${known.join(', ')}; got \`${word.slice(0, 100)}\``,
    );
  }, program);
}
