import type { Client } from '@temporalio/client';
import type { Outcome } from '../workflows/contract.js';
import { searchAttributes } from '../workflows/search-attributes.js';
import { lacksSearchAttributes } from './start-attributes.js';
import { UsageError } from './exit-codes.js';
import { shortTime } from './output.js';

/** A run in a list. What a run was started without is null. */
export interface RunRow {
  readonly run: string;
  readonly status: string;
  readonly startedBy: string | null;
  readonly dataset: string | null;
  readonly recipe: string | null;
  readonly auc: number | null;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly seconds: number | null;
}

/**
 * The newest runs that match.
 * @param query Temporal's list filter (cli/run-query.ts)
 * @throws UsageError if the server does not know what is asked for
 */
export async function runRows(client: Client, query: string, limit: number): Promise<RunRow[]> {
  const rows: RunRow[] = [];
  if (limit === 0) return rows;
  try {
    for await (const execution of client.workflow.list({ query, pageSize: Math.min(limit, 1000) })) {
      const { workflowId, status, startTime, closeTime, typedSearchAttributes: found } = execution;
      const outcome = found.get(searchAttributes.outcome) as Outcome | undefined;
      rows.push({
        run: workflowId,
        status: statusOf(status.name, outcome),
        startedBy: found.get(searchAttributes.startedBy) ?? null,
        dataset: found.get(searchAttributes.dataset) ?? null,
        recipe: found.get(searchAttributes.recipe) ?? null,
        auc: found.get(searchAttributes.auc) ?? null,
        started: startTime.toISOString(),
        seconds: closeTime ? (closeTime.getTime() - startTime.getTime()) / 1000 : null,
      });
      if (rows.length >= limit) break;
    }
  } catch (error) {
    if (!lacksSearchAttributes(error)) throw error;
    throw new UsageError(
      'Expected a Temporal server that knows what StreamSage runs are filtered by, got one that does not: ' +
        'npx --no-install streamsage provision temporal',
    );
  }
  return rows;
}

/** What the server says, and what the run itself knows better. */
function statusOf(status: string, outcome: Outcome | undefined): string {
  if (status === 'COMPLETED' && outcome === 'unchanged') return outcome;
  if (status === 'RUNNING' && outcome === 'blocked') return outcome;
  return status.toLowerCase();
}

/** A table, its head first; recipes, which may be long, last. */
export function runTable(rows: readonly RunRow[]): string[][] {
  return [
    ['RUN', 'OUTCOME', 'BY', 'STARTED (UTC)', 'TOOK', 'AUC', 'DATASET', 'RECIPE'],
    ...rows.map(({ run, status, startedBy, started, seconds, auc, dataset, recipe }) => [
      run,
      status,
      startedBy ?? '',
      shortTime(started),
      seconds === null ? '' : `${seconds.toFixed(1)} s`,
      auc === null ? '' : auc.toFixed(4),
      dataset ?? '',
      recipe ?? '',
    ]),
  ];
}
