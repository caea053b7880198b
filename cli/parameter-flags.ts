import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  checkParameter,
  flagName,
  type NumberDefinition,
  type ParameterDefinition,
  parameterDefinitions,
  type ParameterName,
  parameterNames,
  type Parameters,
  type ParameterValue,
} from '../predictor/config.js';

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
      return new Option(
        `${flagName(name)} <name>`,
        `${definition.reason} (default: ${definition.default})`,
      ).choices(definition.choices);
    case 'number':
      return new Option(`${flagName(name)} <number>`, `${definition.reason} ${limits(definition)}`).argParser(
        (text) => parseNumber(name, text),
      );
  }
}

/** `(windows, 1 to 65536; default: 32)`. Told in words: as commander's default it would count as given. */
function limits({ unit, minimum, maximum, exclusive, default: value }: NumberDefinition): string {
  const range = exclusive ? `above ${minimum} and below ${maximum}` : `${minimum} to ${maximum}`;
  return `(${unit === '' ? '' : `${unit}, `}${range}; default: ${value})`;
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
      Number.isNaN(value)
        ? `Expected a number, got ${text === '' ? 'nothing' : `\`${text}\``}.`
        : (error as Error).message,
    );
  }
}
