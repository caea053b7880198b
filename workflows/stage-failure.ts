import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import { deepestCause } from './deepest-cause.js';
import { type FailureClass, failureTypes, type RunFailure } from './failures.js';

/** What is at the bottom of a chain of causes: what went wrong, not who noticed. */
export function describeFailure(error: unknown): RunFailure {
  const deepest = deepestCause(error);
  if (!(deepest instanceof Error)) return { type: 'Error', message: String(deepest) };
  const type = deepest instanceof ApplicationFailure ? (deepest.type ?? deepest.name) : deepest.name;
  return { type, message: deepest.message };
}

/** The class of what a stage threw, after the server gave up on trying it again. */
export function classOf(error: unknown): FailureClass {
  if (isCancellation(error)) return 'cancelled';
  const { type } = describeFailure(error);
  return Object.hasOwn(failureTypes, type) ? failureTypes[type]! : 'transient';
}
