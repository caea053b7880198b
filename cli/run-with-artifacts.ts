import type { Client } from '@temporalio/client';
import { isNoWayThrough } from '../adapters/errors.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import { isPublished, resolveRun } from '../artifacts/runs.js';
import type { TrainResult } from '../workflows/contract.js';
import { withConnections } from './connections.js';
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
  const run = await resolveRun(store, name);
  if (await isPublished(store, run)) return run;
  const other = await sameAs(run);
  if (other === undefined || other === run) return run;
  output.note(
    `Run ${run} ended as unchanged and made nothing of its own: this is of ${other}, which it equals`,
  );
  return other;
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
