import {
  isGrpcServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import {
  checkParameter,
  InvalidParameterError,
  parameterDefinitions,
  type ParameterDefinition,
  type ParameterName,
  parameterNames,
  type Parameters,
  type ParameterValue,
} from '../predictor/config.js';
import { checkInput } from '../workflows/check-input.js';
import {
  dataQueue,
  type RepairAnswer,
  type RepairRequest,
  repairUpdate,
  type TrainInput,
} from '../workflows/contract.js';
import { missingWorker } from '../workflows/queues.js';
import type { Connections } from './connections.js';
import { UsageError } from './exit-codes.js';
import type { Output } from './output.js';
import { nextRunId, startTraining } from './start-run.js';

/** A run does not wait for a repair, or no worker took the repair up. */
export class RepairRefusedError extends Error {
  override readonly name = 'RepairRefusedError';
}

/** Parameters that a repair changes. */
export type Changes = Partial<Parameters>;

/** Milliseconds in which a worker must take up a repair. */
const repairMs = 15_000;

/**
 * Values from `name=value`; the name as in the list of parameters or as its flag.
 * @throws InvalidParameterError
 */
export function parseChanges(words: readonly string[]): Changes {
  const changes: Partial<Record<ParameterName, ParameterValue>> = {};
  for (const word of words) {
    const [, given, text] = /^(?:--)?([^=]*)=(.*)$/s.exec(word) ?? [];
    const name = parameterNames.find((known) => known === camelCase(given ?? ''));
    if (text === undefined || name === undefined) {
      throw new InvalidParameterError(
        `Expected \`--set\` to be NAME=VALUE with NAME one of ${parameterNames.join(', ')}, got \`${word.slice(0, 100)}\``,
      );
    }
    changes[name] = checkParameter(name, parseValue(parameterDefinitions[name], text));
  }
  return changes as Changes;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** What is of no kind that the parameter has is left as it is: the check then shows it. */
function parseValue({ kind }: ParameterDefinition, text: string): unknown {
  if (kind === 'switch') return text === 'true' ? true : text === 'false' ? false : text;
  return kind === 'number' && text.trim() !== '' && !Number.isNaN(Number(text)) ? Number(text) : text;
}

/**
 * Lets a blocked run try its failed stage again.
 * @throws RepairRefusedError if it is not blocked; InvalidParameterError if a stage that is done has used what is to change
 */
export async function repairBlocked(
  { client }: Connections,
  run: string,
  set: Changes,
): Promise<RepairAnswer> {
  const handle = client.workflow.getHandle(run);
  const request: RepairRequest = { set };
  try {
    return await client.withDeadline(Date.now() + repairMs, () =>
      handle.executeUpdate<RepairAnswer, [RepairRequest]>(repairUpdate, { args: [request] }),
    );
  } catch (error) {
    throw repairFailure(run, error);
  }
}

function repairFailure(run: string, error: unknown): unknown {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    return new RepairRefusedError(`Run ${run} did not take up the repair: ${missingWorker(dataQueue)}`);
  }
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  if (cause instanceof ApplicationFailure && cause.type === 'InvalidParameterError') {
    return new InvalidParameterError(cause.message);
  }
  if (cause instanceof ApplicationFailure && cause.type === 'NotBlockedError') {
    return new RepairRefusedError(
      `Expected run ${run} to be blocked, it is not: \`npx --no-install streamsage runs show ${run}\``,
    );
  }
  // A worker of an earlier version has no such update; a run may have ended a moment ago.
  if (cause ?? isGrpcServiceError(error)) {
    return new RepairRefusedError(`Run ${run} cannot be repaired: ${(cause ?? (error as Error)).message}`);
  }
  return error;
}

/**
 * Starts a run like one that has ended without a model, with what repairs of that one had set. What it has finished comes
 * from the store.
 * @returns the new run's name
 * @throws UsageError if it has published a model
 */
export async function startAgain(
  connections: Connections,
  run: string,
  set: Changes,
  output: Output,
): Promise<string> {
  const { events } = await connections.client.workflow.getHandle(run).fetchHistory();
  const before = inputOf(run, events ?? []);
  const parameters = { ...before.parameters, ...repairedParameters(events ?? []), ...set };
  const input: TrainInput = { ...before, parameters, startedBy: 'repair' };
  checkInput(input);
  return startTraining(connections.client, nextRunId(run), input, output);
}

type Events = readonly temporal.api.history.v1.IHistoryEvent[];

/** What the repairs of a run have set; the workflow has checked it before it was part of the history. */
function repairedParameters(events: Events): Changes {
  const requests = events.flatMap(({ workflowExecutionUpdateAcceptedEventAttributes: accepted }) => {
    const { name, args } = accepted?.acceptedRequest?.input ?? {};
    const [payload] = args?.payloads ?? [];
    return name === repairUpdate && payload
      ? [defaultPayloadConverter.fromPayload<RepairRequest>(payload)]
      : [];
  });
  return Object.assign({}, ...requests.map(({ set }) => set ?? {})) as Changes;
}

function inputOf(run: string, events: Events): TrainInput {
  const [payload] = events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  const input = payload && defaultPayloadConverter.fromPayload<TrainInput | null>(payload);
  if (input && typeof input === 'object') return input;
  throw new UsageError(`Expected run ${run} to have an input that can be used again, got none`);
}
