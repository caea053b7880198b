/** The training child as the worker starts it, watched from outside. What is sent and said stands in this file alone. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveParameters } from '../predictor/config.js';
import { parseRatings } from '../predictor/ratings/parse.js';
import { buildRatingsTable, encodeRatings } from '../predictor/ratings/ratings-table.js';
import type { TrainingJob } from '../predictor/training-job.js';
import { buildWindowTable, encodeWindows } from '../predictor/windows/window-table.js';
import { wasmRuntime } from '../workers/engines.js';
import type { TrainingMessage, TrainingRequest } from '../workers/training-messages.js';
import { benchFolder } from './peers.js';
import { firstStep, type StepsDone } from './statistics.js';

export interface ChildObservation {
  /** From the fork to the end of the first step: node's start, modules, the job through the pipe, decoding, engine. */
  readonly firstStepMs: number;
  /** Resident bytes when the child says that an epoch has ended, epoch by epoch; undefined where /proc is missing. */
  readonly residentBytes: readonly (number | undefined)[];
  /** Largest resident size so far, at the end of the last epoch; undefined where /proc is missing. */
  readonly peakBytes: number | undefined;
}

/** A training of `epochs` epochs on the windows of a ratings file, as bytes for the child. */
export async function trainingJob(ratings: string, epochs: number): Promise<TrainingJob> {
  const parameters = resolveParameters({ epochs });
  const table = buildRatingsTable(parseRatings(await readFile(ratings)));
  return {
    ratingsTable: encodeRatings(table),
    windowTable: encodeWindows(buildWindowTable(table, parameters)),
    parameters,
    plan: {
      ...{ engine: 'wasm', device: 'cpu', fastMath: false, reason: 'measured' },
      runtime: wasmRuntime(false),
    },
    fingerprint: 'bench',
  };
}

/** @throws {Error} if the training fails */
export function observeChild(job: TrainingJob): Promise<ChildObservation> {
  const started = performance.now();
  const child = fork(join(benchFolder, '..', 'dist', 'workers', 'train-child.js'), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
  });
  return new Promise<ChildObservation>((resolve, reject) => {
    const progress: StepsDone[] = [];
    const residentBytes: (number | undefined)[] = [];
    let peakBytes: number | undefined;
    let reading = Promise.resolve();
    child.on('message', (sent) => {
      const message = sent as TrainingMessage;
      if (message.kind === 'progress' && message.progress.epoch === 1)
        progress.push({ ms: performance.now() - started, steps: message.progress.steps });
      if (message.kind === 'epoch')
        reading = reading.then(async () => {
          residentBytes.push(await memoryOf(child, 'VmRSS'));
          peakBytes = await memoryOf(child, 'VmHWM');
        });
      if (message.kind === 'failed') reject(new Error(message.message));
      if (message.kind === 'ended')
        reading.then(() => resolve({ firstStepMs: firstStep(progress), residentBytes, peakBytes }), reject);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The training child ended with code ${code ?? 'none'}`)));
    child.send({ kind: 'train', job } satisfies TrainingRequest);
  }).finally(() => child.kill());
}

/** Linux only. */
async function memoryOf({ pid }: ChildProcess, field: 'VmRSS' | 'VmHWM'): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid ?? 0}/status`, 'utf8').catch(() => '');
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
