import { getContent, putContent } from '../artifacts/content.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import type { ArtifactReference } from '../artifacts/reference.js';
import { readRatings } from '../predictor/ratings/parse.js';
import { buildRatingsTable, encodeRatings } from '../predictor/ratings/ratings-table.js';
import { countRepeated } from '../predictor/ratings/sort.js';
import type { StageOutcome, StageRequest } from '../workflows/contract.js';
import { storedStage } from './stored-stage.js';

const version = 2;
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
  const definition = { stage: 'preprocess', version, parameters: { maxBadRows }, inputs } as const;
  return storedStage(store, request, definition, async () => {
    const ratings = await getContent(store, inputs.ratings);
    const { columns, badRows, firstBadRow } = readRatings(ratings, { badRows: maxBadRows });
    const ratingsTable = await putContent(store, encodeRatings(buildRatingsTable(columns)), arrowType);
    return {
      outputs: { ratingsTable },
      facts: {
        ratings: columns.userId.length,
        users: new Set(columns.userId).size,
        movies: new Set(columns.movieId).size,
        repeatedRatings: countRepeated(columns),
        badRows,
        ...(firstBadRow === undefined ? {} : { firstBadRow }),
      },
    };
  });
}
