import { Worker } from '@temporalio/worker';
import { createDataActivities } from '../activities/data-activities.js';
import { downloadMovieLens, movielensRatingsSha256 } from '../adapters/movielens.js';
import { createS3ObjectStore } from '../adapters/s3-object-store.js';
import { loadMovieLensUrls, loadSettings } from '../adapters/settings.js';
import { connectWorker } from '../adapters/temporal.js';
import { loadVersions } from '../adapters/version.js';
import { dataQueue } from '../workflows/contract.js';
import { workflowCode } from './entry.js';
import { runWorker } from './run-worker.js';
import { workerOptions } from './worker-options.js';

/** Process: workflows, and every stage but training. */

const settings = loadSettings();
const connection = await connectWorker(settings);
const worker = await Worker.create({
  ...workerOptions,
  connection,
  namespace: settings.temporal.namespace,
  taskQueue: dataQueue,
  ...workflowCode(import.meta.url),
  activities: createDataActivities({
    store: createS3ObjectStore(settings.s3),
    publisher: {
      ratingsSha256: movielensRatingsSha256,
      fetchArchive: (signal, onProgress) =>
        downloadMovieLens({ urls: loadMovieLensUrls(), signal, onProgress }),
    },
    versions: loadVersions(),
  }),
});
await runWorker(worker, connection);
