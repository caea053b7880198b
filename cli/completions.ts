import type { Argument, Command, Option } from 'commander';

export interface Suggestion {
  readonly value: string;
  /** One line. */
  readonly description: string;
}

/** What may stand where the cursor is. */
export interface Completions {
  readonly suggestions: readonly Suggestion[];
  /** What may stand there, too, and is not said by the commands themselves. */
  readonly also?: 'files';
}

/**
 * What may be typed next, by the commands, options and choices that the program declares.
 * @param words after the program's name; the last is the one being typed, perhaps empty
 */
export function completionsFor(program: Command, words: readonly string[]): Completions {
  const current = words.at(-1) ?? '';
  const { command, operands, awaiting, onlyOperands } = walk(program, words.slice(0, -1));
  const matching = ({ suggestions, also }: Completions, prefix = '') => ({
    suggestions: suggestions
      .map(({ value, description }) => ({ value: prefix + value, description }))
      .filter(({ value }) => value.startsWith(current)),
    ...(also ? { also } : {}),
  });
  if (awaiting) return matching(valuesOf(awaiting));
  if (current.startsWith('-') && !onlyOperands) {
    const [flag] = current.split('=', 1) as [string];
    if (flag === current) return matching({ suggestions: optionsOf(command) });
    const option = findOption(command, flag);
    return option && takesValue(option) ? matching(valuesOf(option), `${flag}=`) : { suggestions: [] };
  }
  const subcommands = operands === 0 ? command.createHelp().visibleCommands(command) : [];
  if (command.commands.length > 0) {
    return matching({
      suggestions: subcommands.map((each) => ({
        value: each.name(),
        description: firstLine(each.description()),
      })),
    });
  }
  const declared = command.registeredArguments;
  const argument = declared[operands] ?? (declared.at(-1)?.variadic ? declared.at(-1) : undefined);
  return argument ? matching(operandsOf(argument)) : { suggestions: [] };
}

interface Position {
  readonly command: Command;
  /** How many of the command's arguments have been given. */
  readonly operands: number;
  /** The option whose value comes next. */
  readonly awaiting?: Option;
  /** Whether `--` has ended the options. */
  readonly onlyOperands: boolean;
}

function walk(program: Command, words: readonly string[]): Position {
  let position: Position = { command: program, operands: 0, onlyOperands: false };
  for (const word of words) position = step(position, word);
  return position;
}

function step({ command, operands, awaiting, onlyOperands }: Position, word: string): Position {
  if (awaiting) return { command, operands, onlyOperands };
  if (word === '--' && !onlyOperands) return { command, operands, onlyOperands: true };
  if (word.startsWith('-') && !onlyOperands) {
    const option = findOption(command, word);
    return { command, operands, onlyOperands, ...(option && takesValue(option) ? { awaiting: option } : {}) };
  }
  const subcommand = operands === 0 ? command.commands.find((each) => each.name() === word) : undefined;
  if (subcommand) return { command: subcommand, operands: 0, onlyOperands };
  return { command, operands: operands + 1, onlyOperands };
}

const findOption = (command: Command, flag: string) =>
  command.options.find(({ long, short }) => flag === long || flag === short);
const takesValue = ({ required, optional }: Option) => required || optional;

function optionsOf(command: Command): Suggestion[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short, description }) => ({
      value: long ?? short ?? '',
      description: firstLine(description),
    }));
}

function valuesOf({ argChoices }: Option): Completions {
  return argChoices ? { suggestions: plain(argChoices) } : { suggestions: [], also: 'files' };
}

function operandsOf(argument: Argument): Completions {
  if (argument.argChoices) return { suggestions: plain(argument.argChoices) };
  if (argument.name() !== 'run') return { suggestions: [] };
  const latest = argument.description.split('`latest`: ')[1];
  return {
    suggestions: latest === undefined ? [] : [{ value: 'latest', description: latest }],
  };
}

const plain = (values: readonly string[]) => values.map((value) => ({ value, description: '' }));
const firstLine = (text: string) => text.split('\n', 1)[0]!;
