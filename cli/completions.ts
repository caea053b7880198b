import type { Argument, Command, Option } from 'commander';
import { type KnownNames, namesOfArgument, namesOfOption } from './known-names.js';

export interface Suggestion {
  readonly value: string;
  /** One line. */
  readonly description: string;
}

/** What may stand where the cursor is. */
export interface Completions {
  readonly suggestions: readonly Suggestion[];
  /** What may stand there, too, and is not said by the commands themselves. */
  readonly also?: 'files' | NamesThere;
}

/** Names that are to be looked up, and what of them may be typed next. */
export interface NamesThere {
  readonly names: KnownNames;
  readonly matching: (found: readonly Suggestion[]) => readonly Suggestion[];
}

/** What an option or an argument takes. */
interface Values {
  readonly suggestions: readonly Suggestion[];
  readonly also?: 'files' | KnownNames;
  /** Given before: nobody names them twice. */
  readonly taken?: readonly string[];
}

/**
 * What may be typed next, by the commands, options and choices that the program declares.
 * @param words after the program's name; the last is the one being typed, perhaps empty
 */
export function completionsFor(program: Command, words: readonly string[]): Completions {
  const current = words.at(-1) ?? '';
  const { command, operands, awaiting, onlyOperands } = walk(program, words.slice(0, -1));
  if (awaiting) return matching(valuesOf(command, awaiting), current);
  if (current.startsWith('-') && !onlyOperands) {
    const [flag] = current.split('=', 1) as [string];
    if (flag === current) return matching({ suggestions: optionsOf(command) }, current);
    const option = findOption(command, flag);
    return option && takesValue(option)
      ? matching(valuesOf(command, option), current, `${flag}=`)
      : { suggestions: [] };
  }
  if (isHelp(program, command))
    return matching({ suggestions: subcommandsOf(walk(program, operands)) }, current);
  if (command.commands.length > 0) {
    return matching({ suggestions: subcommandsOf({ command, operands }) }, current);
  }
  return matching(operandsOf(command, operands), current);
}

/** `help` takes the words of other commands. */
const isHelp = (program: Command, command: Command) =>
  command.parent === program && command.name() === 'help';

function subcommandsOf({ command, operands }: Pick<Position, 'command' | 'operands'>): Suggestion[] {
  const subcommands = operands.length === 0 ? command.createHelp().visibleCommands(command) : [];
  return subcommands.map((each) => ({ value: each.name(), description: firstLine(each.description()) }));
}

/** @param prefix what stands before the value in the word that is being typed */
function matching({ suggestions, also, taken = [] }: Values, current: string, prefix = ''): Completions {
  const fitting = (all: readonly Suggestion[]) =>
    all
      .filter(({ value }) => !taken.includes(value))
      .map(({ value, description }) => ({ value: prefix + value, description }))
      .filter(({ value }) => value.startsWith(current));
  return {
    suggestions: fitting(suggestions),
    ...(also === undefined ? {} : { also: also === 'files' ? also : { names: also, matching: fitting } }),
  };
}

interface Position {
  readonly command: Command;
  /** Those of the command's arguments that have been given. */
  readonly operands: readonly string[];
  /** The option whose value comes next. */
  readonly awaiting?: Option;
  /** Whether `--` has ended the options. */
  readonly onlyOperands: boolean;
}

function walk(program: Command, words: readonly string[]): Position {
  let position: Position = { command: program, operands: [], onlyOperands: false };
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
  const subcommand =
    operands.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
  if (subcommand) return { command: subcommand, operands: [], onlyOperands };
  return { command, operands: [...operands, word], onlyOperands };
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

function valuesOf(command: Command, { argChoices, long }: Option): Values {
  if (argChoices) return { suggestions: plain(argChoices) };
  return { suggestions: [], also: namesOfOption(pathOf(command), long ?? '') ?? 'files' };
}

function operandsOf(command: Command, operands: readonly string[]): Values {
  const declared = command.registeredArguments;
  const position =
    declared.at(-1)?.variadic === true ? Math.min(operands.length, declared.length - 1) : operands.length;
  const argument = declared[position];
  if (!argument) return { suggestions: [] };
  const names = namesOfArgument(pathOf(command), position, operands);
  return {
    suggestions: argument.argChoices ? plain(argument.argChoices) : aliasesOf(argument),
    ...(names ? { also: names } : {}),
    taken: operands.slice(position),
  };
}

function aliasesOf(argument: Argument): Suggestion[] {
  const latest = argument.name() === 'run' ? argument.description.split('`latest`: ')[1] : undefined;
  return latest === undefined ? [] : [{ value: 'latest', description: latest }];
}

/** `runs show`: the command as it is typed, without the program's name. */
function pathOf(command: Command): string {
  const names: string[] = [];
  for (let at = command; at.parent; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

const plain = (values: readonly string[]) => values.map((value) => ({ value, description: '' }));
const firstLine = (text: string) => text.split('\n', 1)[0]!;
