import type { Client } from '@temporalio/client';
import type { BlockedState, TrainResult } from '../workflows/contract.js';
import type { ProgressView } from './progress-view.js';
import { runBlocked, runFailure } from './run-failure.js';
import { takeSnapshot } from './run-progress.js';

const pollMs = 400;

/**
 * Shows a run until it ends.
 * @throws RunFailedError if it ends without a model, or is blocked
 */
export async function watchRun(client: Client, run: string, view: ProgressView): Promise<TrainResult> {
  const ended = new AbortController();
  // The question stays open at the server for twenty seconds, and would keep the process as long.
  const left = new AbortController();
  const result = client
    .withAbortSignal(left.signal, () => client.workflow.getHandle(run).result() as Promise<TrainResult>)
    .finally(() => ended.abort());
  result.catch(() => undefined);
  try {
    while (!ended.signal.aborted) {
      const blocked = await update(client, run, view);
      if (blocked) throw runBlocked(run, blocked);
      await sleep(pollMs, ended.signal);
    }
    await update(client, run, view);
    return await result;
  } catch (error) {
    throw runFailure(run, error);
  } finally {
    view.end();
    left.abort();
  }
}

/** A server that is being restarted is no reason to stop watching: `result()` decides that. */
async function update(client: Client, run: string, view: ProgressView): Promise<BlockedState | undefined> {
  const snapshot = await takeSnapshot(client, run).catch(() => undefined);
  if (snapshot) view.update(snapshot);
  return snapshot?.progress?.blocked;
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}
