import { undisturbed } from '../artifacts/collecting.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import { findPublishedRecipe } from '../artifacts/recipes.js';
import type { ArtifactReference } from '../artifacts/reference.js';
import type { Parameters } from '../predictor/config.js';
import { recipeDefinition } from '../predictor/stage-definitions.js';
import { withHeartbeat } from './heartbeat.js';

export interface UnchangedRequest {
  readonly run: string;
  readonly parameters: Parameters;
  readonly ratings: ArtifactReference;
}

/** The published run that a run on these ratings with these parameters would equal, if there is one. */
export function findUnchanged(
  store: ObjectStore,
  { parameters, ratings }: UnchangedRequest,
): Promise<{ readonly sameAs?: string }> {
  return withHeartbeat({ stage: 'download', done: 0, unit: 'bytes' }, async (_, signal) => {
    const find = () => findPublishedRecipe(store, recipeDefinition(parameters, ratings.sha256));
    const sameAs = await undisturbed(store, find, signal);
    return sameAs === undefined ? {} : { sameAs };
  });
}
