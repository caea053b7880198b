import { getContent, putContent } from '../artifacts/content.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import type { ArtifactReference } from '../artifacts/reference.js';
import { tabulateRatings } from '../predictor/prepare.js';
import { preprocessDefinition } from '../predictor/stage-definitions.js';
import type { StageOutcome, StageRequest } from '../workflows/contract.js';
import { storedStage } from './stored-stage.js';

export const arrowType = 'application/vnd.apache.arrow.file';

export interface PreprocessRequest extends StageRequest {
  readonly inputs: { readonly ratings: ArtifactReference };
}

/** Ratings as text → one Arrow table, sorted per user, with scaled features. */
export function preprocess(
  store: ObjectStore,
  request: PreprocessRequest,
): Promise<StageOutcome<'ratingsTable'>> {
  const { inputs } = request;
  const { maxBadRows } = request.parameters;
  const definition = preprocessDefinition(request.parameters, inputs);
  return storedStage(store, request, definition, async () => {
    const { arrow, counts } = tabulateRatings(await getContent(store, inputs.ratings), maxBadRows);
    return { outputs: { ratingsTable: await putContent(store, arrow, arrowType) }, facts: { ...counts } };
  });
}
