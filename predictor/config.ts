/**
 * Every parameter of the pipeline, once: default, unit, range and reason. The command line's flags, the workflow's
 * input, a schedule's arguments and the manifest all come from this table. No import: it is part of the workflow
 * bundle.
 */

/** One parameter of the pipeline: a finite number, one of a few words, or a switch. */
export type ParameterDefinition = NumberDefinition | ChoiceDefinition | SwitchDefinition;

export interface NumberDefinition {
  readonly kind: 'number';
  /** The first stage that it matters to. */
  readonly stage: Stage;
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

export interface ChoiceDefinition {
  readonly kind: 'choice';
  readonly stage: Stage;
  readonly choices: readonly string[];
  readonly default: string;
  readonly reason: string;
}

export interface SwitchDefinition {
  readonly kind: 'switch';
  readonly stage: Stage;
  readonly default: false;
  readonly reason: string;
}

export const parameterDefinitions = {
  sequenceLength: {
    kind: 'number',
    stage: 'window',
    default: 5,
    unit: 'ratings',
    minimum: 1,
    maximum: 1000,
    integer: true,
    reason: "Consecutive ratings the model sees in one window; the notebook's 5.",
  },
  bingeThreshold: {
    kind: 'number',
    stage: 'window',
    default: 7200,
    unit: 's',
    minimum: 1,
    maximum: 1_000_000_000,
    integer: true,
    reason: 'A window is a binge if the next rating follows in less time than this; two hours, one movie.',
  },
  testSize: {
    kind: 'number',
    stage: 'window',
    default: 0.2,
    unit: 'share of windows',
    minimum: 0,
    maximum: 1,
    integer: false,
    exclusive: true,
    reason: 'Share of windows held out; the test part is its ceiling, as in scikit-learn.',
  },
  seed: {
    kind: 'number',
    stage: 'window',
    default: 42,
    unit: '',
    minimum: 0,
    maximum: 4_294_967_295,
    integer: true,
    reason: 'Seeds the split, the initial weights, the shuffling and the dropout; same seed, same model.',
  },
  maxBadRows: {
    kind: 'number',
    stage: 'preprocess',
    default: 0,
    unit: 'rows',
    minimum: 0,
    maximum: 1_000_000_000,
    integer: true,
    reason:
      'Rows of the ratings that cannot be read are dropped and counted, up to this many; 0: none is dropped.',
  },
  epochs: {
    kind: 'number',
    stage: 'train',
    default: 10,
    unit: 'passes over the train part',
    minimum: 1,
    maximum: 10_000,
    integer: true,
    reason: "The notebook's 10; validation loss is flat by then.",
  },
  batchSize: {
    kind: 'number',
    stage: 'train',
    default: 32,
    unit: 'windows',
    minimum: 1,
    maximum: 65_536,
    integer: true,
    reason: "Windows per Adam step; Keras's default, which the notebook keeps.",
  },
  lstmUnits: {
    kind: 'number',
    stage: 'train',
    default: 64,
    unit: 'units',
    minimum: 1,
    maximum: 1024,
    integer: true,
    reason: "Width of the LSTM's state; the notebook's 64.",
  },
  dropout: {
    kind: 'number',
    stage: 'train',
    default: 0.2,
    unit: 'share of LSTM outputs',
    minimum: 0,
    maximum: 0.95,
    integer: false,
    reason: "Share of the LSTM's outputs set to 0 in training; the notebook's 0.2.",
  },
  denseUnits: {
    kind: 'number',
    stage: 'train',
    default: 32,
    unit: 'units',
    minimum: 1,
    maximum: 1024,
    integer: true,
    reason: "Width of the hidden dense layer; the notebook's 32.",
  },
  learningRate: {
    kind: 'number',
    stage: 'train',
    default: 0.001,
    unit: 'per step',
    minimum: 0,
    maximum: 1,
    integer: false,
    exclusive: true,
    reason: "Adam's step size; Keras's default.",
  },
  learningRateSchedule: {
    kind: 'choice',
    stage: 'train',
    choices: ['constant', 'linear', 'cosine'],
    default: 'constant',
    reason:
      'How the learning rate falls to 0 over `decayEpochs`, after which nothing is learnt; constant, as in the notebook, does not.',
  },
  decayEpochs: {
    kind: 'number',
    stage: 'train',
    default: 10,
    unit: 'epochs',
    minimum: 1,
    maximum: 10_000,
    integer: true,
    reason: "When a falling learning rate reaches 0; the notebook's number of epochs.",
  },
  patience: {
    kind: 'number',
    stage: 'train',
    default: 0,
    unit: 'epochs',
    minimum: 0,
    maximum: 10_000,
    integer: true,
    reason:
      'Stop after so many epochs without a lower validation loss, and keep the best weights; 0, as in the notebook: never.',
  },
  clipNorm: {
    kind: 'number',
    stage: 'train',
    default: 0,
    unit: 'norm over all weights',
    minimum: 0,
    maximum: 1_000_000,
    integer: false,
    reason: 'Scale gradients of a larger norm down to this; 0, as in the notebook: never.',
  },
  stopWeight: {
    kind: 'number',
    stage: 'train',
    default: 1,
    unit: 'times',
    minimum: 0,
    maximum: 1_000_000,
    integer: false,
    reason:
      'What a window that is no binge counts for in the training loss; 57 would balance MovieLens 100K.',
  },
  bingeWeight: {
    kind: 'number',
    stage: 'train',
    default: 1,
    unit: 'times',
    minimum: 0,
    maximum: 1_000_000,
    integer: false,
    reason: 'What a binge window counts for in the training loss.',
  },
  engine: {
    kind: 'choice',
    stage: 'train',
    choices: ['auto', 'wasm', 'tensorflow'],
    default: 'auto',
    reason:
      'What trains: our WebAssembly kernel on the CPU, or TensorFlow; auto takes TensorFlow where a GPU is there and gains.',
  },
  device: {
    kind: 'choice',
    stage: 'train',
    choices: ['auto', 'cpu', 'gpu'],
    default: 'auto',
    reason: 'Where TensorFlow computes; auto takes a GPU if there is one.',
  },
  fastMath: {
    kind: 'switch',
    stage: 'train',
    default: false,
    reason:
      'Fused multiply-add in the WebAssembly engine: faster, but other machines may give other last bits, so not the default.',
  },
} as const satisfies Record<string, ParameterDefinition>;

export type ParameterName = keyof typeof parameterDefinitions;
type Definitions = typeof parameterDefinitions;
type ValueOf<Definition extends ParameterDefinition> = Definition extends ChoiceDefinition
  ? Definition['choices'][number]
  : Definition extends SwitchDefinition
    ? boolean
    : number;
export type ParameterValue = number | string | boolean;
/** A value for every parameter of the table. */
export type Parameters = { readonly [Name in ParameterName]: ValueOf<Definitions[Name]> };
/** The parameters that are numbers. */
export type NumberParameterName = {
  [Name in ParameterName]: Definitions[Name] extends NumberDefinition ? Name : never;
}[ParameterName];

export const parameterNames = Object.keys(parameterDefinitions) as ParameterName[];

/** Its flag on the command line: `sequenceLength` → `--sequence-length`. */
export function flagName(name: ParameterName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

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
  const resolved: Partial<Record<ParameterName, ParameterValue>> = {};
  for (const name of parameterNames) {
    resolved[name] = checkParameter(name, given[name] ?? parameterDefinitions[name].default);
  }
  return checkTogether(resolved as Parameters);
}

/**
 * Checks one value against its definition.
 * @throws InvalidParameterError
 */
export function checkParameter(name: ParameterName, value: unknown): ParameterValue {
  const definition: ParameterDefinition = parameterDefinitions[name];
  if (!isAllowed(definition, value)) {
    throw new InvalidParameterError(
      `Expected \`${name}\` to be ${describeAllowed(definition)}, got \`${String(value)}\` (${typeof value})`,
    );
  }
  return value;
}

function isAllowed(definition: ParameterDefinition, value: unknown): value is ParameterValue {
  switch (definition.kind) {
    case 'choice':
      return typeof value === 'string' && definition.choices.includes(value);
    case 'switch':
      return typeof value === 'boolean';
    case 'number': {
      const { minimum, maximum, integer, exclusive } = definition;
      if (typeof value !== 'number' || !Number.isFinite(value)) return false;
      if (integer && !Number.isInteger(value)) return false;
      return exclusive ? value > minimum && value < maximum : value >= minimum && value <= maximum;
    }
  }
}

function describeAllowed(definition: ParameterDefinition): string {
  switch (definition.kind) {
    case 'choice':
      return `one of ${definition.choices.join(', ')}`;
    case 'switch':
      return 'true or false';
    case 'number': {
      const { minimum, maximum, integer, exclusive } = definition;
      const range = exclusive ? `above ${minimum} and below ${maximum}` : `from ${minimum} to ${maximum}`;
      return `${integer ? 'a whole number' : 'a number'} ${range}`;
    }
  }
}

/** Values that are fine alone and contradict each other. */
function checkTogether(parameters: Parameters): Parameters {
  const { engine, device, fastMath } = parameters;
  if (engine === 'wasm' && device === 'gpu') {
    throw new InvalidParameterError(
      'Expected `device` to be auto or cpu with `engine` wasm, got `gpu`: only TensorFlow computes on a GPU',
    );
  }
  if (fastMath && (engine === 'tensorflow' || device === 'gpu')) {
    throw new InvalidParameterError(
      "Expected `fastMath` to be false with TensorFlow or a GPU, got `true`: it is the WebAssembly engine's",
    );
  }
  return parameters;
}

/**
 * A name for what is done with the data: `notebook` with the defaults, else the parameters that differ beside it
 * (`notebook, epochs=20, seed=7`). At most 200 characters: servers keep no longer keywords.
 */
export function recipeOf(parameters: Parameters): string {
  const differing = parameterNames.filter((name) => parameters[name] !== parameterDefinitions[name].default);
  const recipe = ['notebook', ...differing.map((name) => `${name}=${parameters[name]}`)].join(', ');
  return recipe.length <= 200 ? recipe : `${recipe.slice(0, 199)}…`;
}

/** Whether a stage is to ignore the store: `refresh` names it or one before it. */
export function mustRefresh(stage: Stage, refresh: Stage | 'all' | undefined): boolean {
  if (refresh === undefined) return false;
  return refresh === 'all' || stages.indexOf(stage) >= stages.indexOf(refresh);
}
