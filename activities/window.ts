import { getContent, putContent } from '../artifacts/content.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import type { ArtifactReference } from '../artifacts/reference.js';
import { tabulateWindows } from '../predictor/prepare.js';
import { decodeRatings } from '../predictor/ratings/ratings-table.js';
import { windowDefinition } from '../predictor/stage-definitions.js';
import type { StageOutcome, StageRequest } from '../workflows/contract.js';
import { arrowType } from './preprocess.js';
import { storedStage } from './stored-stage.js';

export interface WindowRequest extends StageRequest {
  readonly inputs: { readonly ratingsTable: ArtifactReference };
}

/** Sorted ratings → an Arrow table of offsets: first row, label, part of each window. */
export function window(store: ObjectStore, request: WindowRequest): Promise<StageOutcome<'windowTable'>> {
  const { inputs } = request;
  return storedStage(store, request, windowDefinition(request.parameters, inputs), async () => {
    const ratings = decodeRatings(await getContent(store, inputs.ratingsTable));
    const { arrow, counts } = tabulateWindows(ratings, request.parameters);
    return { outputs: { windowTable: await putContent(store, arrow, arrowType) }, facts: { ...counts } };
  });
}
