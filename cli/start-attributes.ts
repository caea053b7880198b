import { type SearchAttributePair, TypedSearchAttributes } from '@temporalio/common';
import { grpcStatus, hasStatus } from '../adapters/grpc-status.js';
import { movielensRatingsSha256 } from '../adapters/movielens.js';
import { recipeOf, resolveParameters } from '../predictor/config.js';
import type { Source, StartedBy, TrainInput } from '../workflows/contract.js';
import { deepestCause } from '../workflows/deepest-cause.js';
import { searchAttributes } from '../workflows/search-attributes.js';

/** By what a run can be found from its start on; the run adds how it ended (workflows/run-attributes.ts). */
export function startAttributes(
  { source, parameters }: TrainInput,
  startedBy: StartedBy,
): TypedSearchAttributes {
  const pairs: SearchAttributePair[] = [
    { key: searchAttributes.dataset, value: datasetName(source) },
    { key: searchAttributes.recipe, value: recipeOf(resolveParameters(parameters)) },
    { key: searchAttributes.startedBy, value: startedBy },
    { key: searchAttributes.outcome, value: 'running' },
  ];
  return new TypedSearchAttributes(pairs);
}

/** What a source is called where runs are searched. */
export function datasetName(source: Source): string {
  switch (source.kind) {
    case 'uploaded':
      return source.ratings.sha256 === movielensRatingsSha256 ? 'movielens-100k' : source.name.slice(0, 200);
    case 'url':
      return source.url.slice(0, 200);
    case 's3':
      return `s3://${source.bucket}/${source.key}`.slice(0, 200);
    default:
      return source.kind;
  }
}

export const missingAttributesNote =
  'This Temporal server does not know what StreamSage runs are filtered by. The run goes without; to make the search ' +
  'attributes: npx --no-install streamsage provision temporal';

/** Whether the server refused a start because it lacks a search attribute. */
export function lacksSearchAttributes(error: unknown): boolean {
  const deepest = deepestCause(error);
  return hasStatus(deepest, grpcStatus.invalidArgument) && /search attribute/i.test(deepest.message);
}
