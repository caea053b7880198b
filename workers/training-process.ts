import { type ChildProcess, fork } from 'node:child_process';
import { ApplicationFailure } from '@temporalio/common';
import type { Trainer } from '../activities/train.js';
import type { TrainingJob, TrainingProgress, TrainingReports } from '../predictor/training-job.js';
import { siblingModule } from './entry.js';

/** What the child tells its parent. */
export type TrainingMessage =
  | { readonly kind: 'progress'; readonly progress: TrainingProgress }
  | {
      readonly kind: 'epoch';
      readonly metrics: Parameters<TrainingReports['epochEnded']>[0];
      readonly checkpoint: Uint8Array;
    }
  | { readonly kind: 'done'; readonly checkpoint: Uint8Array }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string };

/** The child ended without a result: killed, out of memory, or crashed. A retry goes on from the last checkpoint. */
export class TrainingProcessError extends Error {
  override readonly name = 'TrainingProcessError';
}

/** How long a child may take to hear a signal before it is killed. */
const killAfterMs = 2000;

/**
 * Trains in a forked child: it can be killed out of a kernel call, its memory goes back when it ends, and the worker's
 * event loop stays free to heartbeat. The child gets bytes and numbers: no network, no credentials.
 */
export function createProcessTrainer(): Trainer {
  return async (job, reports, signal) => {
    signal.throwIfAborted();
    const child = fork(siblingModule(import.meta.url, 'train-child'), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: childEnvironment(process.env),
    });
    try {
      return await conversation(child, job, reports, signal);
    } finally {
      end(child);
    }
  };
}

/** A training child has no use for an address or a secret. */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];
  return Object.fromEntries(Object.entries(env).filter(([name]) => kept.includes(name)));
}

function conversation(
  child: ChildProcess,
  job: TrainingJob,
  reports: TrainingReports,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // Checkpoints are written one after the other, and all of them before the result counts.
    let written: Promise<void> = Promise.resolve();
    const handle = (message: TrainingMessage): void => {
      switch (message.kind) {
        case 'progress':
          reports.progress(message.progress);
          return;
        case 'epoch':
          written = written.then(() => reports.epochEnded(message.metrics, message.checkpoint));
          written.catch(reject);
          return;
        case 'done':
          written.then(() => resolve(message.checkpoint), reject);
          return;
        case 'failed':
          // The error's class did not cross the pipe; its name decides whether a retry can help.
          reject(ApplicationFailure.create({ type: message.name, message: message.message }));
      }
    };
    child.on('message', (message) => handle(message as TrainingMessage));
    child.on('error', reject);
    child.on('exit', (code, killedBy) => {
      const how = killedBy === null ? `with code ${code ?? 0}` : `by ${killedBy}`;
      // After `done` the promise is settled or waits for the last write: then this says nothing.
      written.then(
        () =>
          reject(
            new TrainingProcessError(
              `The training process ${child.pid ?? ''} was ended ${how} before its result`,
            ),
          ),
        reject,
      );
    });
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    child.send(job, (error) => {
      if (error) reject(error);
    });
  });
}

function end(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.removeAllListeners('message');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  child.once('exit', () => clearTimeout(timer));
}
