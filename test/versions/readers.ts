import { findStageRecord } from '../../artifacts/stage-record.js';
import { getContent } from '../../artifacts/content.js';
import type { Manifest } from '../../artifacts/manifest.js';
import type { ObjectStore } from '../../artifacts/object-store.js';
import type { Parameters, Stage } from '../../predictor/config.js';
import { decodeCheckpoint, decodeWeights, encodeWeights } from '../../predictor/model/checkpoint.js';
import { stageOutputs } from '../../predictor/stage-definitions.js';
import { decodeRatings } from '../../predictor/ratings/ratings-table.js';
import { trainedWeights } from '../../predictor/train.js';
import { runTrainingJob } from '../../predictor/training-job.js';
import { decodeWindows } from '../../predictor/windows/window-table.js';
import { createEngine } from '../../workers/engines.js';
import { enginePredictions } from '../support/model.js';
import { wasmPlan } from '../support/training-job.js';

/** What lies behind a manifest, as today's readers see it. */
export async function readRun(store: ObjectStore, manifest: Manifest) {
  const records = await Promise.all(
    manifest.stages.map(async ({ stage, key }) => {
      const found = await findStageRecord(store, stage, key, stageOutputs[stage as Stage]);
      return found.state === 'intact' ? found.record : undefined;
    }),
  );
  const bytesOf = (name: string) => {
    const reference = manifest.stages.map(({ outputs }) => outputs[name]).find((found) => found);
    if (!reference) throw new Error(`The manifest names no ${name}`);
    return getContent(store, reference);
  };
  const [ratingsTable, windowTable] = [await bytesOf('ratingsTable'), await bytesOf('windowTable')];
  const ratings = decodeRatings(ratingsTable);
  const windows = decodeWindows(windowTable, ratings);
  const { shape, weights } = decodeWeights(await bytesOf('weights'));
  const checkpoint = await bytesOf('checkpoint');
  return {
    records,
    ratings,
    windows,
    shape,
    weights,
    checkpoint: decodeCheckpoint(checkpoint),
    predictions: await enginePredictions(shape, weights, windows.test),
    /** Encoded weights after so many epochs in all, going on from a state; from the recorded checkpoint, if none is given. */
    trainTo: (epochs: number, from = checkpoint) => trainTo(epochs, from),
    /** A state of the same training, after so many steps of its first epoch. */
    async interruptedAfter(steps: number): Promise<Uint8Array> {
      let asked = 0;
      const reports = { ...quiet, stopRequested: () => ++asked >= steps };
      return (await runTrainingJob(jobOf(1), createEngine, reports)).checkpoint;
    },
  };

  function jobOf(epochs: number) {
    const parameters = { ...manifest.parameters, epochs } as unknown as Parameters;
    const { fingerprint } = decodeCheckpoint(checkpoint);
    return { ratingsTable, windowTable, parameters, plan: wasmPlan(), fingerprint };
  }

  async function trainTo(epochs: number, resumeFrom: Uint8Array): Promise<Uint8Array> {
    const result = await runTrainingJob({ ...jobOf(epochs), resumeFrom }, createEngine, quiet);
    return encodeWeights(shape, trainedWeights(decodeCheckpoint(result.checkpoint)));
  }
}

const quiet = { progress: () => undefined, epochEnded: () => undefined, save: () => undefined };
