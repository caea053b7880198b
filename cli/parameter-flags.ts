import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  checkParameter,
  type ParameterDefinition,
  parameterDefinitions,
  type ParameterName,
  parameterNames,
  type Parameters,
  type ParameterValue,
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
  for (const name of names) command.addOption(parameterOption(name));
  return command;
}

function parameterOption(name: ParameterName): Option {
  const definition: ParameterDefinition = parameterDefinitions[name];
  switch (definition.kind) {
    case 'switch':
      return new Option(flagName(name), definition.reason);
    case 'choice':
      return new Option(`${flagName(name)} <name>`, definition.reason)
        .choices(definition.choices)
        .default(undefined, definition.default);
    case 'number': {
      const unit = definition.unit === '' ? '' : ` [${definition.unit}]`;
      return new Option(`${flagName(name)} <number>`, `${definition.reason}${unit}`)
        .default(undefined, String(definition.default))
        .argParser((text) => parseNumber(name, text));
    }
  }
}

/** The parameters that were given, and no defaults: those are the workflow's. */
export function givenParameters(options: Readonly<Record<string, unknown>>): Partial<Parameters> {
  return Object.fromEntries(
    parameterNames
      .filter((name) => options[name] !== undefined)
      .map((name) => [name, options[name] as ParameterValue]),
  );
}

function parseNumber(name: ParameterName, text: string): ParameterValue {
  const value = text.trim() === '' ? NaN : Number(text);
  try {
    return checkParameter(name, value);
  } catch (error) {
    throw new InvalidArgumentError(
      Number.isNaN(value) ? `Expected a number, got \`${text}\`.` : (error as Error).message,
    );
  }
}
