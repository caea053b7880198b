import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { createS3ObjectStore } from '../../adapters/s3-object-store.js';
import { putFreshContent } from '../../artifacts/content.js';
import type { ObjectStore } from '../../artifacts/object-store.js';
import { ensureBuild } from '../../infra/build.js';
import { type CompletedRun, dataQueue, type TrainInput, workflowType } from '../../workflows/contract.js';
import { type FaultyS3Proxy, startFaultyS3Proxy } from './faulty-s3-proxy.js';
import { type chosenS3Server, type S3Server, s3Environment, startS3Server } from './s3-server.js';
import { startTemporalProcess, type TemporalProcess } from './temporal-process.js';
import { fewRatings } from './training-job.js';
import { polls, startWorkerProcess, type WorkerProcess } from './worker-process.js';

/** A training of a second or less. */
export const smallTraining = { epochs: 2, lstmUnits: 8, denseUnits: 4 };

/** Servers that can be killed and started again, workers as processes, and a bad way between them and the store. */
export interface FaultRig {
  readonly temporal: TemporalProcess;
  readonly s3: S3Server;
  /** The workers' way to the store. */
  readonly proxy: FaultyS3Proxy;
  /** The store itself, past the proxy. */
  readonly store: ObjectStore;
  /** Ratings of a few users, in the store. */
  readonly source: TrainInput['source'];
  /** What tells a process of the project where the servers are. */
  readonly environment: NodeJS.ProcessEnv;
  /** Starts a worker and waits until it polls; it ends with the rig. Its temporary files go to a folder of its own. */
  worker(
    name: 'data-worker' | 'train-worker',
    more?: NodeJS.ProcessEnv,
  ): Promise<WorkerProcess & { readonly temporary: string }>;
  /** Starts a run from scratch. */
  start(input?: Partial<TrainInput>): Promise<WorkflowHandle>;
  /** Starts a run from scratch and waits for its end. */
  run(input?: Partial<TrainInput>): Promise<CompletedRun>;
  /** kill -9 of every worker. */
  killWorkers(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param within where the store's files go, if not to the folder for temporary files
 * @param s3Kind which S3 server, if not the one that the tests are to use
 */
export async function startFaultRig(
  context: Mocha.Context,
  within?: string,
  s3Kind?: ReturnType<typeof chosenS3Server>,
): Promise<FaultRig> {
  await ensureBuild(() => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'streamsage-faults-'));
  const s3 = await startS3Server(context, s3Kind, within);
  const temporal = await startTemporalProcess(folder);
  const proxy = await startFaultyS3Proxy(s3.settings.endpoint);
  const store = createS3ObjectStore(s3.settings);
  const ratings = await putFreshContent(store, fewRatings(), 'text/plain');
  const source = { kind: 'uploaded', name: 'few.txt', ratings } as const;
  const environment = {
    PATH: process.env['PATH'],
    HOME: folder,
    STREAMSAGE_STATE: join(folder, 'no-stack'),
    TEMPORAL_ADDRESS: temporal.address,
    ...(await s3Environment(s3)),
    AWS_ENDPOINT_URL_S3: proxy.endpoint,
  };
  const workers: WorkerProcess[] = [];
  let sequence = 0;
  const killWorkers = async () => {
    // Some have been killed or stopped before.
    for (const worker of workers.splice(0)) await worker.kill().catch(() => worker.end());
  };
  const start: FaultRig['start'] = (input = {}) =>
    temporal.client.workflow.start(workflowType, {
      ...{ workflowId: `run-${++sequence}`, taskQueue: dataQueue },
      args: [{ source, parameters: smallTraining, refresh: 'all', ...input } satisfies TrainInput],
    });
  return {
    ...{ temporal, s3, proxy, store, source, environment, start, killWorkers },
    async worker(name, more = {}) {
      const temporary = join(folder, `tmp-${workers.length}-${++sequence}`);
      await mkdir(temporary);
      const worker = startWorkerProcess(name, { ...environment, TMPDIR: temporary, ...more });
      workers.push(worker);
      await worker.entry(polls);
      return { ...worker, temporary };
    },
    run: async (input) => (await (await start(input)).result()) as CompletedRun,
    async stop() {
      await killWorkers();
      await temporal.stop();
      await proxy.close();
      await s3.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** SHA-256 of each artifact, by name. */
export const digests = ({ artifacts }: CompletedRun): Record<string, string> =>
  Object.fromEntries(artifacts.map(({ name, sha256 }) => [name, sha256]));

/** The processes that a process has started and that live. */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits until something is so. @throws Error that says what did not come about in time */
export async function until(what: string, is: () => Promise<boolean>, seconds = 60): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await is())) {
    if (Date.now() > deadline) throw new Error(`Expected within ${seconds} s: ${what}`);
    await sleep(20);
  }
}
