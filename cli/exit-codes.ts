import { cannotReach, isNoWayThrough } from '../adapters/errors.js';

/** What the command line's exit code says. */
export const exitCodes = {
  done: 0,
  failed: 1,
  wrongUse: 2,
  cannotReach,
  /** What a shell says of a command that Ctrl-C ended. */
  interrupted: 130,
  /** What a shell says of a command that SIGPIPE ended. */
  nobodyReads: 141,
} as const;

/** A command was called in a way that cannot work: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Exit code for an error, by its class. */
export function exitCodeOf(error: unknown): number {
  const name = error instanceof Error ? error.name : '';
  if (['UsageError', 'InvalidParameterError', 'InvalidSourceError'].includes(name)) return exitCodes.wrongUse;
  if (isNoWayThrough(error)) return exitCodes.cannotReach;
  return exitCodes.failed;
}
