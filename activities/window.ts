import { getContent, putContent } from '../artifacts/content.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import type { ArtifactReference } from '../artifacts/reference.js';
import { decodeRatings } from '../predictor/ratings/ratings-table.js';
import { buildWindowTable, encodeWindows } from '../predictor/windows/window-table.js';
import type { StageOutcome, StageRequest } from '../workflows/contract.js';
import { arrowType } from './preprocess.js';
import { storedStage } from './stored-stage.js';

const version = 1;

export interface WindowRequest extends StageRequest {
  readonly inputs: { readonly ratingsTable: ArtifactReference };
}

/** Sorted ratings → an Arrow table of offsets: first row, label, part of each window. */
export function window(store: ObjectStore, request: WindowRequest): Promise<StageOutcome<'windowTable'>> {
  const { inputs } = request;
  const { sequenceLength, bingeThreshold, testSize, seed } = request.parameters;
  const parameters = { sequenceLength, bingeThreshold, testSize, seed };
  return storedStage(store, request, { stage: 'window', version, parameters, inputs }, async () => {
    const ratings = decodeRatings(await getContent(store, inputs.ratingsTable));
    const table = buildWindowTable(ratings, parameters);
    const windowTable = await putContent(store, encodeWindows(table), arrowType);
    const stops = (labels: Uint8Array) => labels.reduce((sum, label) => sum + (1 - label), 0);
    const windows = table.label.length;
    return {
      outputs: { windowTable },
      facts: {
        windows,
        stop: stops(table.label),
        train: table.trainCount,
        test: windows - table.trainCount,
        testStop: stops(table.label.subarray(table.trainCount)),
      },
    };
  });
}
