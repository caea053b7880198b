/**
 * Every parameter of the pipeline, once: default, unit, range and reason. The command line's flags, the workflow's
 * input, a schedule's arguments and the manifest all come from this table. No import: it is part of the workflow
 * bundle.
 */

/** One parameter of the pipeline. All are finite numbers. */
export interface ParameterDefinition {
  readonly default: number;
  readonly unit: string;
  readonly minimum: number;
  readonly maximum: number;
  /** Whether only whole numbers make sense. */
  readonly integer: boolean;
  /** Bounds themselves are outside the range (a share of 0 or 1 leaves a part empty). */
  readonly exclusive?: boolean;
  /** What it does, and why the default is what it is. */
  readonly reason: string;
}

export const parameterDefinitions = {
  sequenceLength: {
    default: 5,
    unit: 'ratings',
    minimum: 1,
    maximum: 1000,
    integer: true,
    reason: "Consecutive ratings the model sees in one window; the notebook's 5.",
  },
  bingeThreshold: {
    default: 7200,
    unit: 's',
    minimum: 1,
    maximum: 1_000_000_000,
    integer: true,
    reason: 'A window is a binge if the next rating follows in less time than this; two hours, one movie.',
  },
  testSize: {
    default: 0.2,
    unit: 'share of windows',
    minimum: 0,
    maximum: 1,
    integer: false,
    exclusive: true,
    reason: 'Share of windows held out; the test part is its ceiling, as in scikit-learn.',
  },
  seed: {
    default: 42,
    unit: '',
    minimum: 0,
    maximum: 4_294_967_295,
    integer: true,
    reason: 'Seeds the split, the initial weights, the shuffling and the dropout; same seed, same model.',
  },
  epochs: {
    default: 10,
    unit: 'passes over the train part',
    minimum: 1,
    maximum: 10_000,
    integer: true,
    reason: "The notebook's 10; validation loss is flat by then.",
  },
  batchSize: {
    default: 32,
    unit: 'windows',
    minimum: 1,
    maximum: 65_536,
    integer: true,
    reason: "Windows per Adam step; Keras's default, which the notebook keeps.",
  },
  lstmUnits: {
    default: 64,
    unit: 'units',
    minimum: 1,
    maximum: 1024,
    integer: true,
    reason: "Width of the LSTM's state; the notebook's 64.",
  },
  dropout: {
    default: 0.2,
    unit: 'share of LSTM outputs',
    minimum: 0,
    maximum: 0.95,
    integer: false,
    reason: "Share of the LSTM's outputs set to 0 in training; the notebook's 0.2.",
  },
  denseUnits: {
    default: 32,
    unit: 'units',
    minimum: 1,
    maximum: 1024,
    integer: true,
    reason: "Width of the hidden dense layer; the notebook's 32.",
  },
  learningRate: {
    default: 0.001,
    unit: 'per step',
    minimum: 0,
    maximum: 1,
    integer: false,
    exclusive: true,
    reason: "Adam's step size; Keras's default.",
  },
} as const satisfies Record<string, ParameterDefinition>;

export type ParameterName = keyof typeof parameterDefinitions;
export type Parameters = Readonly<Record<ParameterName, number>>;

export const parameterNames = Object.keys(parameterDefinitions) as ParameterName[];

/** The six stages, in the order in which they run. */
export const stages = ['download', 'preprocess', 'window', 'train', 'evaluate', 'publish'] as const;
export type Stage = (typeof stages)[number];

/** Data sets that need no file: the publisher's, and one made by a seeded generator. */
export const namedSources = ['movielens-100k', 'synthetic'] as const;
export type NamedSource = (typeof namedSources)[number];
export const defaultSource: NamedSource = 'movielens-100k';

/** A parameter is unknown, not a number, or out of its range. Trying again cannot help. */
export class InvalidParameterError extends Error {
  override readonly name = 'InvalidParameterError';
}

/**
 * Fills in defaults and checks every value against the table.
 * @throws InvalidParameterError naming the parameter, the value and what is allowed
 */
export function resolveParameters(given: Readonly<Record<string, unknown>> = {}): Parameters {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(parameterDefinitions, name)) {
      throw new InvalidParameterError(
        `Unknown parameter \`${name}\`: expected one of ${parameterNames.join(', ')}`,
      );
    }
  }
  const resolved: Partial<Record<ParameterName, number>> = {};
  for (const name of parameterNames) {
    resolved[name] = checkParameter(name, given[name] ?? parameterDefinitions[name].default);
  }
  return resolved as Parameters;
}

/**
 * Checks one value against its definition.
 * @throws InvalidParameterError
 */
export function checkParameter(name: ParameterName, value: unknown): number {
  const definition: ParameterDefinition = parameterDefinitions[name];
  const { minimum, maximum, integer, exclusive } = definition;
  const allowed =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (!integer || Number.isInteger(value)) &&
    (exclusive ? value > minimum && value < maximum : value >= minimum && value <= maximum);
  if (!allowed) {
    const kind = integer ? 'a whole number' : 'a number';
    const range = exclusive ? `above ${minimum} and below ${maximum}` : `from ${minimum} to ${maximum}`;
    throw new InvalidParameterError(
      `Expected \`${name}\` to be ${kind} ${range}, got \`${String(value)}\` (${typeof value})`,
    );
  }
  return value;
}
