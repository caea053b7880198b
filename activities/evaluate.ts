import { getContent, putContent } from '../artifacts/content.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import type { ArtifactReference } from '../artifacts/reference.js';
import { evaluateWeights } from '../predictor/evaluation/evaluate-weights.js';
import { decodeWeights } from '../predictor/model/checkpoint.js';
import { decodeRatings } from '../predictor/ratings/ratings-table.js';
import { evaluateDefinition } from '../predictor/stage-definitions.js';
import { decodeWindows } from '../predictor/windows/window-table.js';
import type { RunMetrics, StageOutcome, StageRequest } from '../workflows/contract.js';
import { storedStage } from './stored-stage.js';

export interface EvaluateRequest extends StageRequest {
  readonly inputs: {
    readonly ratingsTable: ArtifactReference;
    readonly windowTable: ArtifactReference;
    readonly weights: ArtifactReference;
  };
}

export interface EvaluateOutcome extends StageOutcome<'metrics'> {
  readonly metrics: RunMetrics;
}

/** Weights and test windows → metrics. */
export async function evaluate(store: ObjectStore, request: EvaluateRequest): Promise<EvaluateOutcome> {
  const { inputs } = request;
  const definition = evaluateDefinition(inputs);
  const outcome = await storedStage(store, request, definition, async () => {
    const ratings = decodeRatings(await getContent(store, inputs.ratingsTable));
    const { test } = decodeWindows(await getContent(store, inputs.windowTable), ratings);
    const { shape, weights } = decodeWeights(await getContent(store, inputs.weights));
    const metrics: RunMetrics = { test: { ...(await evaluateWeights(shape, weights, test)) } };
    const bytes = new TextEncoder().encode(`${JSON.stringify(metrics, undefined, 2)}\n`);
    return { outputs: { metrics: await putContent(store, bytes, 'application/json') }, facts: {} };
  });
  const stored = await getContent(store, outcome.outputs.metrics);
  return { ...outcome, metrics: JSON.parse(new TextDecoder().decode(stored)) as RunMetrics };
}
