import { runTrainingJob, type TrainingJob } from '../predictor/training-job.js';
import type { TrainingMessage } from './training-process.js';

/** Entry of the training child: one job comes in, reports and one result go out. */

// A parent that was killed leaves no orphan.
process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', () => process.exit(143));

process.once('message', (job: TrainingJob) => void answer(job));

async function answer(job: TrainingJob): Promise<void> {
  try {
    const checkpoint = await runTrainingJob(job, {
      progress: (progress) => void send({ kind: 'progress', progress }),
      epochEnded: (metrics, checkpoint) => send({ kind: 'epoch', metrics, checkpoint }),
    });
    // The parent ends this process when it has what it needs: an exit here could overtake the message.
    await send({ kind: 'done', checkpoint });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    await send({ kind: 'failed', name, message });
  }
}

/** Resolves when the parent's pipe has taken the message. */
function send(message: TrainingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, undefined, {}, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
