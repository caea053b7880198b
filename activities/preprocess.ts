import { getContent, putContent } from '../artifacts/content.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import type { ArtifactReference } from '../artifacts/reference.js';
import { parseRatings } from '../predictor/ratings/parse.js';
import { buildRatingsTable, encodeRatings } from '../predictor/ratings/ratings-table.js';
import type { StageOutcome, StageRequest } from '../workflows/contract.js';
import { storedStage } from './stored-stage.js';

const version = 1;
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
  return storedStage(store, request, { stage: 'preprocess', version, parameters: {}, inputs }, async () => {
    const columns = parseRatings(await getContent(store, inputs.ratings));
    const ratingsTable = await putContent(store, encodeRatings(buildRatingsTable(columns)), arrowType);
    return {
      outputs: { ratingsTable },
      facts: {
        ratings: columns.userId.length,
        users: new Set(columns.userId).size,
        movies: new Set(columns.movieId).size,
      },
    };
  });
}
