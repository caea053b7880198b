/**
 * `npx tsx test/versions/record.ts`: keeps a small run of this version, for the readers of all later ones
 * (docs/decisions/0007-versions.md). A release runs it once, and commits what it wrote.
 */
import { loadVersions } from '../../adapters/version.js';
import { claimCheckpoints } from '../../artifacts/checkpoints.js';
import { sha256 } from '../../artifacts/content.js';
import { readManifest } from '../../artifacts/runs.js';
import { wasmRuntime } from '../../workers/engines.js';
import { ensureKernel } from '../support/kernel.js';
import { MemoryStore } from '../support/memory-store.js';
import { readRun } from './readers.js';
import { writeRecorded } from './recorded-store.js';
import { runStages, smallRun } from './small-run.js';

await ensureKernel();
const { streamsage } = loadVersions();
const store = new MemoryStore();
await runStages(store, { streamsage });
const made = await readRun(store, await readManifest(store, smallRun.run));
const { windows, predictions, checkpoint } = made;
// Another run of the same training was cut off on its way.
const writer = await claimCheckpoints(store, checkpoint.fingerprint, 'interrupted', 1);
await writer.save({ epoch: 0, step: 3 }, await made.interruptedAfter(3));
await writeRecorded({
  version: streamsage,
  store,
  expected: {
    run: smallRun.run,
    runtime: wasmRuntime(false),
    windows: windows.train.firstRow.length + windows.test.firstRow.length,
    predictions: Buffer.from(predictions.slice(0, 20).buffer).toString('base64'),
    weightsAfterTwoMoreEpochs: sha256(await made.trainTo(smallRun.epochs + 2)),
  },
});
console.log(`test/versions/${streamsage}`);
