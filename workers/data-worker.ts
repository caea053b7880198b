import { Worker } from '@temporalio/worker';
import { createDataActivities } from '../activities/data-activities.js';
import { createS3ObjectStore } from '../adapters/s3-object-store.js';
import { loadPulseFile, loadSettings } from '../adapters/settings.js';
import { connectWorker } from '../adapters/temporal.js';
import { loadVersions } from '../adapters/version.js';
import { dataQueue } from '../workflows/contract.js';
import { workflowCode } from './entry.js';
import { createRatingsSources } from './ratings-sources.js';
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
    sources: createRatingsSources(settings),
    versions: loadVersions(),
  }),
});
await runWorker(worker, connection, loadPulseFile());
