import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Outcome, RunMetrics, StartedBy } from './contract.js';
import { searchAttributes } from './search-attributes.js';

/**
 * Shows how a run stands where runs are searched. A server that does not know the attributes would refuse the command
 * again and again: so only for a run that was started with them, which the same server has then accepted.
 */
export function showOutcome(outcome: Outcome): void {
  if (!hasAttributes()) return;
  upsertSearchAttributes([{ key: searchAttributes.outcome, value: outcome }]);
}

/** The same for the area under the ROC curve, where there is one. */
export function showMetrics({ test }: RunMetrics): void {
  const { rocAuc } = test;
  if (!hasAttributes() || typeof rocAuc !== 'number') return;
  upsertSearchAttributes([{ key: searchAttributes.auc, value: rocAuc }]);
}

/** And for what started a run, where the start could not say. */
export function showStartedBy(startedBy: StartedBy): void {
  if (hasAttributes()) upsertSearchAttributes([{ key: searchAttributes.startedBy, value: startedBy }]);
}

function hasAttributes(): boolean {
  return workflowInfo().typedSearchAttributes.get(searchAttributes.dataset) !== undefined;
}

/** And for the parameters that a repair has changed (predictor/config.ts, recipeOf). */
export function showRecipe(recipe: string): void {
  if (hasAttributes()) upsertSearchAttributes([{ key: searchAttributes.recipe, value: recipe }]);
}
