import type { Client } from '@temporalio/client';
import { isNoWayThrough } from '../adapters/errors.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import { isRunName } from '../artifacts/names.js';
import { isPublished, resolveRun } from '../artifacts/runs.js';
import { quote } from '../predictor/ratings/quote.js';
import type { TrainResult } from '../workflows/contract.js';
import { withConnections } from './connections.js';
import { UsageError } from './exit-codes.js';
import { findWorkflow } from './find-workflow.js';
import type { Output } from './output.js';

/**
 * The run whose artifacts a name means: `latest` is the last one published; one that ended as `unchanged` has none of its
 * own and means the one that it equals, which is said. Whether a run can be found there is not looked at.
 * @param sameAs asks Temporal, and is asked only about a run that has published nothing
 * @throws InvalidArtifactNameError; RunNotFoundError if it is `latest` and nothing has been published
 */
export async function runWithArtifacts(
  store: ObjectStore,
  name: string,
  output: Output,
  sameAs: (run: string) => Promise<string | undefined> = askIfItAnswers,
): Promise<string> {
  const run = await resolveOperand(store, name);
  if (await isPublished(store, run)) return run;
  const other = await sameAs(run);
  if (other === undefined || other === run) return run;
  output.note(
    `Run ${run} ended as unchanged and made nothing of its own: this is of ${other}, which it equals`,
  );
  return other;
}

/**
 * The run that a word of the command line means.
 * @throws UsageError if no run can have that name; as `resolveRun`
 */
export function resolveOperand(store: ObjectStore, name: string): Promise<string> {
  return resolveRun(store, checkedOperand(name));
}

/** The same word, if a run may be called so. @throws UsageError */
export function checkedOperand(name: string): string {
  if (isRunName(name)) return name;
  throw new UsageError(
    'Expected a run to be named by at most 200 letters, digits, dots, dashes, underscores and colons, got ' +
      quote(name),
  );
}

/** The run that an unchanged one equals; undefined for any other. */
export async function sameRun(client: Client, run: string): Promise<string | undefined> {
  if ((await findWorkflow(client, run))?.status.name !== 'COMPLETED') return undefined;
  const result = (await client.workflow.getHandle(run).result()) as TrainResult;
  return result.status === 'unchanged' ? result.sameAs : undefined;
}

/** Artifacts are read where no Temporal is, too. */
async function askIfItAnswers(run: string): Promise<string | undefined> {
  try {
    return await withConnections(({ client }) => sameRun(client, run));
  } catch (error) {
    if (isNoWayThrough(error)) return undefined;
    throw error;
  }
}
