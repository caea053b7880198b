import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError, type WorkflowStartOptions } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';
import type { DataActivities } from '../../activities/data-activities.js';
import type { TrainActivities } from '../../activities/train-activities.js';
import type { EnginePlan } from '../../predictor/engine/choose-engine.js';
import {
  dataQueue,
  type StageOutcome,
  type TrainInput,
  type TrainResult,
  trainQueues,
  workflowType,
} from '../../workflows/contract.js';
import { startTemporal } from './temporal.js';

/** Activities that only say what they were asked for. The real ones run in pipeline.itest.ts. */
export type Activities = DataActivities & TrainActivities;
export type Call = { stage: string; request: Record<string, unknown> };
export const plan: EnginePlan = {
  engine: 'wasm',
  device: 'cpu',
  fastMath: false,
  reason: 'test',
  runtime: 'wasm',
};

export function recordingActivities(calls: Call[], overrides: Partial<Activities> = {}): Activities {
  const outcome = (stage: string, ...outputs: string[]) => {
    return (request: object) => {
      calls.push({ stage, request: request as Record<string, unknown> });
      const references = outputs.map((name) => [name, { key: name, sha256: stage, bytes: 1 }]);
      return Promise.resolve({
        result: 'miss',
        key: stage,
        seconds: 1,
        outputs: Object.fromEntries(references) as StageOutcome['outputs'],
        facts: {},
        metrics: { test: { accuracy: 0.5 } },
        artifacts: [{ name: 'binge_model.h5', key: 'k', sha256: 's', bytes: 1 }],
      });
    };
  };
  return {
    startOf: () => Promise.resolve({ startedBy: 'schedule', isPublished: false }),
    findUnchanged: () => Promise.resolve({}),
    download: outcome('download', 'ratings'),
    preprocess: outcome('preprocess', 'ratingsTable'),
    window: outcome('window', 'windowTable'),
    placeTraining: () => Promise.resolve({ device: 'cpu', reason: 'test', attended: true }),
    planTraining: () => Promise.resolve(plan),
    train: outcome('train', 'weights', 'history', 'checkpoint'),
    evaluate: outcome('evaluate', 'metrics'),
    publish: outcome('publish'),
    ...overrides,
  } as unknown as Activities;
}

/** A real Temporal server, and runs of the workflow on it with activities of the test's own. */
export interface WorkflowRuns {
  readonly environment: TestWorkflowEnvironment;
  readonly workflowBundle: WorkflowBundle;
  /** Name of the run that was started last. */
  lastRun(): string;
  /** Runs a workflow to its end with the given activities; `during` may look at it, or end it, meanwhile. */
  readonly run: (
    activities: Activities,
    input: TrainInput,
    during?: (workflowId: string) => Promise<void>,
    more?: Partial<WorkflowStartOptions>,
  ) => Promise<TrainResult>;
  /** Does something while workers with these activities are there. */
  readonly working: <Result>(activities: Activities, work: () => Promise<Result>) => Promise<Result>;
  /** What the web UI shows of a run that the run says itself. */
  currentDetails(workflowId: string): Promise<string>;
}

export async function startWorkflowRuns(): Promise<WorkflowRuns> {
  const environment = await startTemporal();
  const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const { client, nativeConnection: connection } = environment;
  let sequence = 0;
  const lastRun = () => `run-${sequence}`;
  const working: WorkflowRuns['working'] = async (activities, work) => {
    const { train, planTraining, ...data } = activities;
    const options = { connection, maxHeartbeatThrottleInterval: '100ms' } as const;
    const dataWorker = await Worker.create({
      ...options,
      taskQueue: dataQueue,
      workflowBundle,
      activities: data,
    });
    const trainWorker = await Worker.create({
      ...options,
      taskQueue: trainQueues.cpu,
      activities: { train, planTraining },
    });
    const running = Promise.all([dataWorker.run(), trainWorker.run()]);
    try {
      return await work();
    } finally {
      dataWorker.shutdown();
      trainWorker.shutdown();
      await running;
    }
  };
  return {
    ...{ environment, workflowBundle, lastRun, working },
    run(activities, input, during, more = {}) {
      sequence += 1;
      const workflowId = lastRun();
      return working(activities, async () => {
        const handle = await client.workflow.start(workflowType, {
          workflowId,
          taskQueue: dataQueue,
          args: [input],
          ...more,
        });
        if (during) await during(workflowId);
        return (await handle.result()) as TrainResult;
      });
    },
    async currentDetails(workflowId) {
      const metadata = await client.workflow
        .getHandle(workflowId)
        .query<{ currentDetails?: string }>('__temporal_workflow_metadata');
      return metadata.currentDetails ?? '';
    },
  };
}

/** What a run that must fail has failed of. */
export async function failureOf(running: Promise<unknown>): Promise<{ type: string; message: string }> {
  try {
    await running;
  } catch (error) {
    assert.ok(error instanceof WorkflowFailedError);
    let deepest: Error = error;
    while (deepest.cause instanceof Error) deepest = deepest.cause;
    return {
      type: deepest instanceof ApplicationFailure ? String(deepest.type) : deepest.name,
      message: deepest.message,
    };
  }
  return assert.fail('the run should have failed');
}
