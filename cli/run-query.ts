import { type Outcome, type StartedBy, workflowType } from '../workflows/contract.js';
import { searchAttributes } from '../workflows/search-attributes.js';

/** What `runs list` can be narrowed down by. */
export interface RunFilters {
  readonly outcome?: Outcome;
  readonly dataset?: string;
  readonly recipe?: string;
  readonly startedBy?: StartedBy;
  /** Name of the schedule that started them. */
  readonly schedule?: string;
}

/** What the server knows without StreamSage's attributes, and better: a run that was terminated cannot say so. */
const byStatus: Partial<Record<Outcome, string>> = {
  running: "ExecutionStatus = 'Running'",
  failed: "ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut')",
  cancelled: "ExecutionStatus = 'Canceled'",
};

/** Temporal's list filter for runs. Values are quoted: nothing in them can end the string they stand in. */
export function runQuery({ outcome, dataset, recipe, startedBy, schedule }: RunFilters = {}): string {
  const equal = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`${name} = ${quoted(value)}`];
  const {
    outcome: outcomeKey,
    dataset: datasetKey,
    recipe: recipeKey,
    startedBy: startedByKey,
  } = searchAttributes;
  return [
    ...equal('WorkflowType', workflowType),
    ...(outcome === undefined ? [] : [byStatus[outcome] ?? `${outcomeKey.name} = ${quoted(outcome)}`]),
    ...equal(datasetKey.name, dataset),
    ...equal(recipeKey.name, recipe),
    ...equal(startedByKey.name, startedBy),
    ...equal('TemporalScheduledById', schedule),
  ].join(' AND ');
}

/** A string of the filter's language, in which a backslash escapes. */
function quoted(value: string): string {
  return `'${value.replace(/[\\']/g, (character) => `\\${character}`)}'`;
}
