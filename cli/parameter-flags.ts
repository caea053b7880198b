import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  checkParameter,
  type ParameterDefinition,
  parameterDefinitions,
  type ParameterName,
  parameterNames,
  type Parameters,
} from '../predictor/config.js';

/** `sequenceLength` → `--sequence-length`. */
export function flagName(name: ParameterName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Adds a flag for each of the named parameters, with range, unit, default and reason from their one definition. */
export function addParameterFlags(
  command: Command,
  names: readonly ParameterName[] = parameterNames,
): Command {
  for (const name of names) {
    const definition: ParameterDefinition = parameterDefinitions[name];
    const unit = definition.unit === '' ? '' : ` [${definition.unit}]`;
    const option = new Option(`${flagName(name)} <number>`, `${definition.reason}${unit}`);
    option.default(undefined, String(definition.default));
    command.addOption(option.argParser((text) => parseParameter(name, text)));
  }
  return command;
}

/** The parameters that were given, and no defaults: those are the workflow's. */
export function givenParameters(options: Readonly<Record<string, unknown>>): Partial<Parameters> {
  return Object.fromEntries(
    parameterNames
      .filter((name) => options[name] !== undefined)
      .map((name) => [name, options[name] as number]),
  );
}

function parseParameter(name: ParameterName, text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  try {
    return checkParameter(name, value);
  } catch (error) {
    throw new InvalidArgumentError(
      Number.isNaN(value) ? `Expected a number, got \`${text}\`.` : (error as Error).message,
    );
  }
}
