/** Every failure of a stage is of one of these classes, which decides what is done about it: here, and nowhere else. */
export const failureClasses = {
  transient: {
    retried: true,
    what: 'a server or a worker that was away for a while, and whatever is not named below',
    wayOut: 'It was tried again and again. Once the cause is mended:',
  },
  source: {
    retried: false,
    what: 'no source of the data gave it; each was tried several times',
    wayOut: 'Once a source answers again:',
  },
  access: {
    retried: false,
    what: 'a server answers and refuses: credentials, permissions, an address that is not allowed',
    wayOut: 'Once the credentials or permissions of the workers are mended, and they were started again:',
  },
  resources: {
    retried: false,
    what: 'too little memory or disk, or no such device',
    wayOut: 'Once there is room or a worker that has what it takes, or with a smaller model or batch:',
  },
  artifact: {
    retried: false,
    what: 'what an earlier stage has made is gone or altered; the run makes it again by itself, twice at most',
    wayOut: 'Once the store can be trusted again; stages whose work is intact are not done again:',
  },
  data: {
    retried: false,
    what: 'the data or the parameters: the same again would fail in the same way',
    wayOut: 'With parameters that fit, or once the data are mended where they come from:',
  },
  code: {
    retried: false,
    what: 'a fault of the program',
    wayOut: 'Once the workers run a version that mends it:',
  },
  cancelled: { retried: false, what: 'somebody ended the run', wayOut: 'To start it again:' },
} as const satisfies Record<string, FailureRule>;

export interface FailureRule {
  /** Whether the server tries the stage again, with a growing wait. */
  readonly retried: boolean;
  /** What belongs to it. */
  readonly what: string;
  /** When trying again makes sense; what to type follows. */
  readonly wayOut: string;
}

export type FailureClass = keyof typeof failureClasses;

/** Class of each error by its name. What is not named is transient: a retry costs little. */
export const failureTypes: Readonly<Record<string, FailureClass>> = {
  SourceUnreachableError: 'source',
  SourceRefusedError: 'access',
  StoreAccessError: 'access',
  TemporalAccessError: 'access',
  EngineUnavailableError: 'resources',
  OutOfMemoryError: 'resources',
  StoreFullError: 'resources',
  ArtifactCorruptError: 'artifact',
  ArtifactMissingError: 'artifact',
  InvalidArtifactNameError: 'data',
  InvalidDataError: 'data',
  InvalidManifestError: 'data',
  InvalidParameterError: 'data',
  InvalidReferenceError: 'data',
  InvalidSourceError: 'data',
  InvalidWeightsError: 'data',
  RunExistsError: 'data',
  TrainingDivergedError: 'data',
  WrongContentError: 'data',
  AssertionError: 'code',
  RangeError: 'code',
  ReferenceError: 'code',
  SyntaxError: 'code',
  TypeError: 'code',
};

/** Names of the errors that the server does not try again. */
export const nonRetryableErrors: string[] = Object.entries(failureTypes)
  .filter(([, failureClass]) => !failureClasses[failureClass].retried)
  .map(([name]) => name);

/** A failure as a run's page, its progress and its manifest tell it. */
export interface RunFailure {
  /** Class name of what went wrong. */
  readonly type: string;
  readonly message: string;
}
