import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { ArtifactReference } from '../../artifacts/reference.js';
import type { Parameters } from '../../predictor/config.js';
import {
  type BlockedState,
  type CompletedRun,
  dataQueue,
  progressQuery,
  repairUpdate,
  type RunProgress,
  type TrainInput,
  workflowType,
} from '../../workflows/contract.js';
import { deepestCause } from '../../workflows/deepest-cause.js';
import type { World } from './world.js';

/** What is trained, again and again: small enough for seconds, long enough to be hit in the middle. */
export type Recipe = Partial<Parameters>;

const small = { lstmUnits: 16, denseUnits: 8 };
export const recipes: readonly Recipe[] = [
  { ...small, epochs: 60 },
  { ...small, epochs: 150 },
  { ...small, epochs: 400, seed: 7 },
  { ...small, epochs: 200, bingeThreshold: 3600 },
  { ...small, epochs: 80, sequenceLength: 3, batchSize: 8 },
  { epochs: 30, learningRateSchedule: 'cosine', clipNorm: 1 },
];

export type Refresh = TrainInput['refresh'];
export const refreshes: readonly Refresh[] = [undefined, undefined, 'all', 'preprocess', 'train', 'evaluate'];

/** How a run ended. */
export interface Ending {
  readonly status: 'completed' | 'cancelled' | 'failed' | 'stuck';
  /** SHA-256 of every artifact, by name. */
  readonly digests: Readonly<Record<string, string>>;
  /** What blocked it in between: each was repaired. */
  readonly blocks: readonly BlockedState[];
  readonly reason?: string;
}

/** A server may be away: whatever is asked is asked again. */
async function patiently<Result>(deadline: number, work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline || !isPassing(error)) throw error;
      await sleep(300);
    }
  }
}

function isPassing(error: unknown): boolean {
  const { code, name, message } = error as Error & { code?: number };
  // gRPC: cancelled, unknown, deadline exceeded, resource exhausted, unavailable; a query that no worker answered.
  return (
    [1, 2, 4, 8, 14].includes(Number(code)) ||
    /ServiceError|Update.*Timeout|QueryNotRegistered/.test(name + message)
  );
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Starts a run, repairs it whenever it is blocked, and waits for its end. @param patienceMs after which it is stuck */
export async function runToTheEnd(
  { client }: World,
  run: string,
  input: TrainInput,
  patienceMs: number,
): Promise<Ending> {
  const deadline = Date.now() + patienceMs;
  const blocks: BlockedState[] = [];
  const handle = client.workflow.getHandle(run);
  await patiently(deadline, async () => {
    try {
      await client.workflow.start(workflowType, { workflowId: run, taskQueue: dataQueue, args: [input] });
    } catch (error) {
      // The answer to the first try was lost, not the try.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  });
  while (Date.now() < deadline) {
    const { status } = await patiently(deadline, () => handle.describe());
    if (status.name === 'RUNNING') {
      const progress = await handle.query<RunProgress>(progressQuery).catch(() => undefined);
      if (progress?.blocked && progress.blocked.since !== blocks.at(-1)?.since) blocks.push(progress.blocked);
      if (progress?.blocked) await handle.executeUpdate(repairUpdate, { args: [{}] }).catch(() => undefined);
      await sleep(250);
      continue;
    }
    return {
      ...(await patiently(deadline, () => endingOf(handle.result() as Promise<CompletedRun>))),
      blocks,
    };
  }
  return { status: 'stuck', digests: {}, blocks };
}

async function endingOf(result: Promise<CompletedRun>): Promise<Omit<Ending, 'blocks'>> {
  try {
    const { artifacts } = await result;
    return {
      status: 'completed',
      digests: Object.fromEntries(artifacts.map(({ name, sha256 }) => [name, sha256])),
    };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    if (error.cause instanceof CancelledFailure) return { status: 'cancelled', digests: {} };
    return { status: 'failed', digests: {}, reason: String(deepestCause(error)) };
  }
}

export function inputOf(ratings: ArtifactReference, parameters: Recipe, refresh: Refresh): TrainInput {
  return {
    source: { kind: 'uploaded', name: 'few.txt', ratings },
    parameters,
    onFailure: 'block',
    ...(refresh ? { refresh } : {}),
  };
}
