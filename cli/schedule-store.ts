import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
  type ScheduleOptionsStartWorkflowAction,
  type ScheduleSummary,
} from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { grpcStatus, hasStatus } from '../adapters/grpc-status.js';
import { forgetRequests } from '../artifacts/requested-starts.js';
import { dataQueue, type TrainInput, workflowType } from '../workflows/contract.js';
import { deepestCause } from '../workflows/deepest-cause.js';
import type { Connections } from './connections.js';
import { UsageError } from './exit-codes.js';
import type { Output } from './output.js';
import type { ReadSource } from './read-source.js';
import { checkScheduleName, type Timing } from './schedule-flags.js';
import { lacksSearchAttributes, missingAttributesNote, startAttributes } from './start-attributes.js';
import { startDescription } from './start-description.js';
import { trainInput } from './start-run.js';
import type { StartOptions } from './training-flags.js';

/** There is no such schedule. */
export class UnknownScheduleError extends Error {
  override readonly name = 'UnknownScheduleError';
}

export interface NewSchedule {
  readonly name: string;
  readonly timing: Timing;
  readonly source: ReadSource;
  readonly start: StartOptions;
  /** What is left out is as it was, where a schedule is replaced. */
  readonly state: { readonly paused?: boolean; readonly note?: string };
  readonly replace: boolean;
}

/**
 * Makes a schedule, or puts it in the place of one of its name; a local file's ratings go into the store first.
 * @throws UsageError if the name is taken and `replace` false, or the server refuses the times
 */
export async function createSchedule(to: Connections, schedule: NewSchedule, output: Output): Promise<void> {
  const { name, source, start, replace } = schedule;
  const { client, store } = to;
  if (!replace && (await isTaken(client, name))) throw taken(name);
  const input: TrainInput = {
    ...(await trainInput(store, source, start)),
    scheduledSince: new Date().toISOString(),
  };
  try {
    await write(client, schedule, input, startAttributes(input, 'schedule'));
  } catch (error) {
    if (!lacksSearchAttributes(error)) throw refused(error);
    output.note(missingAttributesNote);
    await write(client, schedule, input, undefined);
  }
}

async function write(
  client: Client,
  { name, timing: { spec, policies }, state, replace }: NewSchedule,
  input: TrainInput,
  attributes: ReturnType<typeof startAttributes> | undefined,
): Promise<void> {
  const typedSearchAttributes = attributes ? { typedSearchAttributes: attributes } : {};
  const action: ScheduleOptionsStartWorkflowAction<Workflow> = {
    type: 'startWorkflow',
    workflowType,
    // The server appends the time that a run is started for.
    workflowId: name,
    taskQueue: dataQueue,
    args: [input],
    ...startDescription(input, 'schedule', name),
    ...typedSearchAttributes,
  };
  const options = { spec, policies, action, ...typedSearchAttributes };
  if (replace && (await isTaken(client, name))) {
    const { handle } = await existingSchedule({ client }, name);
    await handle.update(({ state: before }) => ({ ...options, state: { ...before, ...state } }));
    return;
  }
  try {
    await client.schedule.create({ ...options, scheduleId: name, state });
  } catch (error) {
    throw error instanceof ScheduleAlreadyRunning ? taken(name) : error;
  }
}

/**
 * @throws UnknownScheduleError; UsageError if it starts something else than training runs
 */
export async function existingSchedule(
  { client }: Pick<Connections, 'client'>,
  name: string,
): Promise<{ readonly handle: ScheduleHandle; readonly description: ScheduleDescription }> {
  const handle = client.schedule.getHandle(checkScheduleName(name));
  const description = await handle.describe().catch((error: unknown) => {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new UnknownScheduleError(
      `There is no schedule \`${name}\`: \`npx --no-install streamsage schedule list\` shows those there are`,
    );
  });
  if (description.action.workflowType !== workflowType) {
    throw new UsageError(
      `Expected \`${name}\` to be a schedule that trains, got one that starts ${description.action.workflowType}`,
    );
  }
  return { handle, description };
}

/** The schedules of the namespace that train. */
export async function* ownSchedules(client: Client): AsyncIterable<ScheduleSummary> {
  for await (const summary of client.schedule.list()) {
    if (summary.action?.workflowType === workflowType) yield summary;
  }
}

/** Ends a schedule, and forgets what was asked of it. @throws UnknownScheduleError, UsageError */
export async function deleteSchedule({ client, store }: Connections, name: string): Promise<void> {
  const { handle } = await existingSchedule({ client }, name);
  await handle.delete();
  await forgetRequests(store, name);
}

async function isTaken(client: Client, name: string): Promise<boolean> {
  try {
    await client.schedule.getHandle(name).describe();
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}

function taken(name: string): UsageError {
  return new UsageError(
    `Expected a name that no schedule has, got \`${name}\`: --replace puts this one in its place, ` +
      `\`npx --no-install streamsage schedule show ${name}\` shows it`,
  );
}

/** What the server says of a schedule it does not take, such as a time zone it does not know. */
function refused(error: unknown): unknown {
  const deepest = deepestCause(error);
  if (!hasStatus(deepest, grpcStatus.invalidArgument)) return error;
  return new UsageError(`Expected a schedule that the server takes, got: ${deepest.details}`);
}
