import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { createDataActivities, type DataActivities } from '../../activities/data-activities.js';
import { createTrainActivities, type TrainActivities } from '../../activities/train-activities.js';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';
import { putFreshContent } from '../../artifacts/content.js';
import type { ObjectStore } from '../../artifacts/object-store.js';
import { runTrainingJob } from '../../predictor/training-job.js';
import { createEngine, wasmRuntime } from '../../workers/engines.js';
import {
  dataQueue,
  type TrainInput,
  type CompletedRun,
  trainQueues,
  workflowType,
} from '../../workflows/contract.js';
import { ensureKernel } from './kernel.js';

import { startS3Server, type S3Server } from './s3-server.js';
import { noSources } from './sources.js';
import { startTemporal } from './temporal.js';
import { fewRatings } from './training-job.js';

/** Called when a stage has ended, before the run goes on; may damage what it made. */
export type AfterStage = (
  stage: string,
  outputs: Readonly<Record<string, { readonly key: string }>>,
) => Promise<void>;

/** Real servers, and the stages' real code in workers of this process, so that a test can stand between two stages. */
export interface TestPipeline {
  readonly environment: TestWorkflowEnvironment;
  readonly minio: S3Server;
  readonly store: ObjectStore;
  /** Ratings of a few users, freshly uploaded. */
  source(): Promise<TrainInput['source']>;
  /** Runs a data worker and a training worker while `work` runs; or, for the former, so many of the built processes. */
  withWorkers<Result>(
    work: () => Promise<Result>,
    more?: { dataProcesses?: number; afterStage?: AfterStage },
  ): Promise<Result>;
  start(run: string, input: Omit<TrainInput, 'source'>): Promise<{ result(): Promise<CompletedRun> }>;
  /** What tells a process of the project where the servers are. */
  readonly serverEnvironment: NodeJS.ProcessEnv;
  /** The command line, as a user runs it; `environment` adds to what says where the servers are. */
  streamsage(words: readonly string[], environment?: NodeJS.ProcessEnv): RunningCommand;
  stop(): Promise<void>;
}

export interface RunningCommand {
  readonly process: ChildProcess;
  readonly finished: Promise<{
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

export async function startPipeline(context: Mocha.Context): Promise<TestPipeline> {
  await ensureKernel();
  const environment = await startTemporal();
  const minio = await startS3Server(context);
  const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const store = createS3ObjectStore(minio.settings);
  const { accessKeyId, secretAccessKey } = await minio.settings.credentials();
  const serverEnvironment = {
    PATH: process.env['PATH'],
    TEMPORAL_ADDRESS: environment.address,
    AWS_ENDPOINT_URL_S3: minio.settings.endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: minio.settings.region,
    STREAMSAGE_BUCKET: minio.settings.bucket,
  };
  const { nativeConnection: connection, client } = environment;
  const source = async () => {
    const ratings = await putFreshContent(store, fewRatings(), 'text/plain');
    return { kind: 'uploaded', name: 'few.txt', ratings } as const;
  };
  return {
    environment,
    minio,
    store,
    source,
    serverEnvironment,
    async withWorkers(work, { dataProcesses = 0, afterStage } = {}) {
      const own = () => createS3ObjectStore(minio.settings);
      const dataWorkers = Array.from({ length: dataProcesses > 0 ? 0 : 1 }, () =>
        Worker.create({
          ...{ connection, workflowBundle, taskQueue: dataQueue },
          activities: watched(dataActivities(own()), afterStage),
        }),
      );
      const trainWorker = Worker.create({
        ...{ connection, taskQueue: trainQueues.cpu, maxConcurrentActivityTaskExecutions: 1 },
        activities: watched(trainActivities(own()), afterStage),
      });
      const all = await Promise.all([...dataWorkers, trainWorker]);
      const polling = all.map((worker) => worker.run());
      const processes = Array.from({ length: dataProcesses }, () =>
        spawn(process.execPath, [join(root, 'dist/workers/data-worker.js')], {
          env: serverEnvironment,
          stdio: 'ignore',
        }),
      );
      try {
        return await work();
      } finally {
        for (const child of processes) child.kill('SIGKILL');
        for (const worker of all) worker.shutdown();
        await Promise.all(polling);
      }
    },
    async start(run, input) {
      const full: TrainInput = { ...input, source: await source() };
      return client.workflow.start(workflowType, { workflowId: run, taskQueue: dataQueue, args: [full] });
    },
    streamsage(words, more = {}) {
      const child = spawn(process.execPath, [join(root, 'cli/streamsage.js'), ...words], {
        env: { ...serverEnvironment, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said = { stdout: '', stderr: '' };
      child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
      const finished = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
        child.once('close', (code) => resolve({ code, ...said }));
      });
      return { process: child, finished };
    },
    async stop() {
      await environment.teardown();
      await minio.stop();
    },
  };
}

function dataActivities(store: ObjectStore): DataActivities {
  return createDataActivities({
    ...{ store, sources: noSources, versions: { streamsage: 'test' } },
    linkTo: () => undefined,
    ...{ telemetry: () => undefined, workforce: { trainsOn: () => Promise.resolve(true) } },
  });
}

function trainActivities(store: ObjectStore): TrainActivities {
  return createTrainActivities({
    store,
    telemetry: () => undefined,
    trainer: (job, reports) => runTrainingJob(job, createEngine, reports),
    machine: {
      hasNvidiaDriver: () => false,
      wasmRuntime,
      probeTensorflow: () => Promise.reject(new Error('not asked for')),
    },
    checkpointSeconds: 3600,
    reportBegun: () => Promise.resolve(),
    reportEpoch: () => Promise.resolve(),
  });
}

/** The activities, each followed by a call of `afterStage`. */
function watched<Activities extends object>(activities: Activities, afterStage?: AfterStage): Activities {
  if (!afterStage) return activities;
  const entries = Object.entries(activities).map(([stage, activity]) => [
    stage,
    async (request: object) => {
      const outcome = await (
        activity as (request: object) => Promise<{ outputs?: Record<string, { key: string }> }>
      )(request);
      await afterStage(stage, outcome.outputs ?? {});
      return outcome;
    },
  ]);
  return Object.fromEntries(entries) as Activities;
}
