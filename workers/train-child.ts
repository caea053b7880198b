import { createEngine, probeTensorflow } from './engines.js';
import { runTrainingJob, type TrainingJob } from '../predictor/training-job.js';
import type { TrainingMessage, TrainingRequest } from './training-messages.js';

/** Entry of the training child: one request comes in, reports and one result go out. */

let stopRequested = false;
/** Whether there is a state to hand over before this process may end. */
let training = false;

/** Whether the parent has what it asked for. */
let answered = false;

// A parent that was killed leaves no orphan.
process.once('disconnect', () => process.exit(answered ? 0 : 1));
// Whoever asks it to end gets the state after the step under way; whoever asks twice does not wait.
let signals = 0;
process.on('SIGTERM', () => {
  if (++signals > 1 || !training) process.exit(143);
  stopRequested = true;
});

// Ctrl-C on the worker reaches this process, too: what happens then is the worker's to say.
process.on('SIGINT', () => undefined);

process.on('message', (request: TrainingRequest) => {
  if (request.kind === 'stop') stopRequested = true;
  else void answer(request);
});

async function answer(request: Exclude<TrainingRequest, { kind: 'stop' }>): Promise<void> {
  const pulse = setInterval(() => void send({ kind: 'alive' }), 1000);
  try {
    if (request.kind === 'probe') await send({ kind: 'probed', tensorflow: await probeTensorflow() });
    else await trainAndTell(request.job);
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    await send({ kind: 'failed', name, message });
  } finally {
    answered = true;
    clearInterval(pulse);
  }
}

async function trainAndTell(job: TrainingJob): Promise<void> {
  training = true;
  const result = await runTrainingJob(job, createEngine, {
    progress: (progress) => void send({ kind: 'progress', progress }),
    epochEnded: (metrics) => void send({ kind: 'epoch', metrics }),
    save: (saved) => send({ kind: 'saved', saved }),
    stopRequested: () => stopRequested,
  });
  training = false;
  // The parent ends this process when it has what it needs: an exit here could overtake the message.
  await send({ kind: 'ended', result });
}

/** Resolves when the parent's pipe has taken the message. A parent that cannot be told anything is gone. */
function send(message: TrainingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) process.exit(1);
    process.send!(message, undefined, {}, (error: Error | null) => (error ? process.exit(1) : resolve()));
  });
}
