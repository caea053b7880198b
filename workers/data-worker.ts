import { createDataActivities } from '../activities/data-activities.js';
import { createS3ObjectStore } from '../adapters/s3-object-store.js';
import { consoleLink } from '../adapters/store-console.js';
import { hasWorker } from '../adapters/temporal.js';
import { loadVersions } from '../adapters/version.js';
import { dataQueue, trainQueues } from '../workflows/contract.js';
import { workflowCode } from './entry.js';
import { createRatingsSources } from './ratings-sources.js';
import { runWorkerProcess } from './worker-process.js';

/** Process: workflows, and every stage but training. */

await runWorkerProcess('data-worker', ({ settings, telemetry, client }) => [
  {
    taskQueue: dataQueue,
    ...workflowCode(import.meta.url),
    activities: createDataActivities({
      store: createS3ObjectStore(settings.s3),
      sources: createRatingsSources(settings),
      versions: loadVersions(),
      linkTo: (key) => consoleLink(settings.s3, key),
      telemetry,
      workforce: { trainsOn: (device) => hasWorker(client, trainQueues[device]) },
    }),
  },
]);
