import { dataQueue, trainQueues } from './contract.js';

/** What starts a worker for a queue. */
const starts: Readonly<Record<string, string>> = {
  [dataQueue]: '`npx --no-install streamsage up`, or elsewhere `node dist/workers/data-worker.js`',
  [trainQueues.cpu]: '`npx --no-install streamsage up`, or elsewhere `node dist/workers/train-worker.js`',
  [trainQueues.gpu]:
    '`STREAMSAGE_TRAIN_DEVICES=gpu node dist/workers/train-worker.js` on a machine with a GPU',
};

/** Says that a queue has no worker, and what to type. */
export function missingWorker(queue: string): string {
  return `no worker polls \`${queue}\`. Start one: ${starts[queue] ?? 'docs/operations.md'}`;
}
