import { type ChildProcess, fork } from 'node:child_process';
import { ApplicationFailure } from '@temporalio/common';
import type { Tell } from '../activities/telemetry.js';
import type { Trainer } from '../activities/train.js';
import type { TensorflowState } from '../predictor/engine/choose-engine.js';
import type { TrainingJob, TrainingReports, TrainingResult } from '../predictor/training-job.js';
import { siblingModule } from './entry.js';
import { LatestWriter } from './latest-writer.js';
import { followChild } from './child-words.js';
import { describeEnd, TrainingStalledError } from './training-end.js';
import type { TrainingMessage, TrainingRequest } from './training-messages.js';

export interface TrainingProcessOptions {
  /** Seconds without a word from the child after which it counts as hung. */
  readonly stallSeconds: number;
}

/** How long a child that was asked to stop may take to hand over its state before it is killed. */
const handOverMs = 3000;
/** How long the last state may then take to be written. */
const saveMs = 2000;
/** How long a child that is not needed any more may take to end. */
const killAfterMs = 2000;

/**
 * Trains in a forked child: it can be killed out of a kernel call, its memory goes back when it ends, and the worker's
 * event loop stays free to heartbeat. The child gets bytes and numbers: no network, no credentials.
 *
 * When the signal fires the child is asked to stop: it finishes its step and hands over its state, which is saved.
 */
export function createProcessTrainer(options: TrainingProcessOptions): Trainer {
  return async (job, reports, signal, tell) => {
    signal.throwIfAborted();
    const child = startChild(job.plan.fastMath ? relaxedSimd : []);
    const lastWords = followChild(child, tell);
    try {
      return await conversation(child, lastWords, job, reports, signal, options);
    } finally {
      end(child);
    }
  };
}

/**
 * Asks a child what TensorFlow finds on this machine: loading it here would cost the worker its memory for good.
 * @throws what the signal is fired with
 */
export async function probeTensorflow(
  { stallSeconds }: TrainingProcessOptions,
  signal: AbortSignal,
  tell: Tell,
): Promise<TensorflowState> {
  signal.throwIfAborted();
  const child = startChild();
  const lastWords = followChild(child, tell);
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const unavailable = (reason: string) => resolve({ available: false, gpu: false, runtimes: {}, reason });
      timer = setTimeout(
        () => unavailable(`it took more than ${stallSeconds} s to load (STREAMSAGE_STALL_SECONDS)`),
        stallSeconds * 1000,
      );
      onAbort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      child.on('message', (message: TrainingMessage) => {
        if (message.kind === 'probed') resolve(message.tensorflow);
        else if (message.kind === 'failed') unavailable(message.message);
      });
      child.on('error', (error) => unavailable(error.message));
      child.on('close', (code, killedBy) =>
        unavailable(describeEnd(child.pid, code, killedBy, lastWords).message),
      );
      send(child, { kind: 'probe' }, (error) => unavailable(error.message));
    });
  } finally {
    clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
    end(child);
  }
}

/** What turns on the instructions of `fastMath`: Node has them from 22 on, and before behind a flag. */
const relaxedSimd = Number.parseInt(process.versions.node) < 22 ? ['--experimental-wasm-relaxed-simd'] : [];

function startChild(nodeOptions: readonly string[] = []): ChildProcess {
  return fork(siblingModule(import.meta.url, 'train-child'), [], {
    execArgv: [...process.execArgv, ...nodeOptions],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: childEnvironment(process.env),
  });
}

/** A training child has no use for an address or a secret. */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];
  const native = ['LD_LIBRARY_PATH', 'CUDA_VISIBLE_DEVICES'];
  return Object.fromEntries(Object.entries(env).filter(([name]) => [...kept, ...native].includes(name)));
}

function conversation(
  child: ChildProcess,
  lastWords: () => string,
  job: TrainingJob,
  reports: TrainingReports,
  signal: AbortSignal,
  { stallSeconds }: TrainingProcessOptions,
): Promise<TrainingResult> {
  const timers: NodeJS.Timeout[] = [];
  let onAbort: (() => void) | undefined;
  const conversed = new Promise<TrainingResult>((resolve, reject) => {
    // Training does not wait for the store: a slow one gets the newest state, and none of those it was too slow for.
    const states = new LatestWriter(reports.save.bind(reports));
    let ended = false;
    // Counted in ticks, so that a machine that slept does not look like a child that hung.
    let silentSeconds = 0;
    const ticker = setInterval(() => {
      if (ended || ++silentSeconds < stallSeconds) return;
      child.kill('SIGKILL');
      reject(
        new TrainingStalledError(
          `The training process ${child.pid ?? ''} said nothing for ${stallSeconds} s (STREAMSAGE_STALL_SECONDS)`,
        ),
      );
    }, 1000);
    timers.push(ticker);
    child.on('message', (message: TrainingMessage) => {
      silentSeconds = 0;
      switch (message.kind) {
        case 'alive':
          return;
        case 'progress':
          reports.progress(message.progress);
          return;
        case 'epoch':
          reports.epochEnded(message.metrics);
          return;
        case 'saved':
          states.put(message.saved).catch(reject);
          return;
        case 'ended':
          ended = true;
          states.settled().then(() => resolve(message.result), reject);
          return;
        case 'failed':
          // The error's class did not cross the pipe; its name decides whether a retry can help.
          reject(ApplicationFailure.create({ type: message.name, message: message.message }));
          return;
        case 'probed':
          reject(new TypeError('The training process answered a question that it was not asked'));
      }
    });
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      // After `ended` the promise is settled or waits for the last write: then this says nothing.
      if (ended) return;
      const reason = signal.aborted
        ? (signal.reason as Error)
        : describeEnd(child.pid, code, killedBy, lastWords);
      states.settled().then(() => reject(reason), reject);
    });
    onAbort = () => {
      send(child, { kind: 'stop' }, reject);
      timers.push(setTimeout(() => child.kill('SIGKILL'), handOverMs));
      // A store that does not answer holds up no cancellation.
      timers.push(setTimeout(() => reject(signal.reason as Error), handOverMs + saveMs));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    send(child, { kind: 'train', job }, reject);
  });
  return conversed.finally(() => {
    for (const timer of timers) clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
  });
}

function send(child: ChildProcess, request: TrainingRequest, onFailure: (error: Error) => void): void {
  // A child that has ended says so by its exit.
  if (!child.connected) return;
  child.send(request, (error) => {
    if (error && child.connected) onFailure(error);
  });
}

function end(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.removeAllListeners('message');
  // Nobody waits for its state any more, and the end of the conversation ends it at once.
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  child.once('exit', () => clearTimeout(timer));
}
