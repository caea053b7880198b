/** What can go wrong at the edges. The class's name decides in workflows/failures.ts whether a retry can help. */

/** The store does not answer. A retry helps once it does. */
export class StoreUnreachableError extends Error {
  override readonly name = 'StoreUnreachableError';
  constructor(
    message: string,
    /** Whether waiting cannot help, as with a certificate that is not trusted. */
    readonly lasting = false,
  ) {
    super(message);
  }
}

/** The store answers and refuses: credentials, bucket, permissions. A retry gets the same answer. */
export class StoreAccessError extends Error {
  override readonly name = 'StoreAccessError';
}

/** The store has no room, or its owner's quota is used up. A retry helps once somebody has made room. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
}

/** Temporal does not answer, or not in a way that can be trusted. */
export class TemporalUnreachableError extends Error {
  override readonly name = 'TemporalUnreachableError';
  constructor(
    message: string,
    /** Whether waiting cannot help: certificates and settings do not mend themselves. */
    readonly lasting = false,
  ) {
    super(message);
  }
}

/** Temporal answers and refuses: API key, client certificate, namespace. */
export class TemporalAccessError extends Error {
  override readonly name = 'TemporalAccessError';
}

/** Neither the environment nor a local stack says where Temporal and the store are. */
export class NotConfiguredError extends Error {
  override readonly name = 'NotConfiguredError';
}

/** No source of the data set gave it. */
export class SourceUnreachableError extends Error {
  override readonly name = 'SourceUnreachableError';
}

/** A source gave other content than the one asked for. By its name the same error as the predictor's. */
export class WrongContentError extends Error {
  override readonly name = 'WrongContentError';
}

/** A source answers and refuses, or must not be reached from here. A retry gets the same answer. */
export class SourceRefusedError extends Error {
  override readonly name = 'SourceRefusedError';
}

/** TensorFlow is not ready on this machine, or has not the device. By its name the same error as the predictor's. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
}

/** A server does not let this user make what runs need. */
export class ProvisionRefusedError extends Error {
  override readonly name = 'ProvisionRefusedError';
}

/** Whether a server is away that may still come. */
export function isAway(error: unknown): boolean {
  return (
    (error instanceof StoreUnreachableError || error instanceof TemporalUnreachableError) && !error.lasting
  );
}

/** Exit code of a process that a server is away for, is not known to, or does not let in. */
export const cannotReach = 3;

const noWayThrough = [
  'NotConfiguredError',
  'StoreAccessError',
  'StoreUnreachableError',
  'TemporalAccessError',
  'TemporalUnreachableError',
];

/** Whether a process ends with that code for an error, by its class. */
export function isNoWayThrough(error: unknown): boolean {
  return error instanceof Error && noWayThrough.includes(error.name);
}
