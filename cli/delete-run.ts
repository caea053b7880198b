import { deleteRun, isHalfDeleted } from '../artifacts/delete-run.js';
import { listAliases, readManifestBytes } from '../artifacts/runs.js';
import { InvalidManifestError, RunNotFoundError } from '../artifacts/errors.js';
import type { Connections } from './connections.js';
import { UsageError } from './exit-codes.js';
import { findWorkflow } from './find-workflow.js';
import { interruptible } from './interrupt.js';
import { formatBytes, type Output, printJson } from './output.js';
import { checkedOperand } from './run-with-artifacts.js';

/**
 * Removes what a run has published.
 * @throws RunNotFoundError; UsageError if it still runs, or if an alias points at it and that was not confirmed
 */
export async function deletePublishedRun(
  { client, store }: Connections,
  run: string,
  options: { force?: boolean; json?: boolean },
  output: Output,
): Promise<void> {
  await readManifestBytes(store, checkedOperand(run)).catch(async (error: unknown) => {
    // One that cannot be read is one to be rid of, and so is what a deletion has left that was ended half-way.
    if (error instanceof InvalidManifestError) return;
    if (!(error instanceof RunNotFoundError) || !(await isHalfDeleted(store, run))) throw error;
  });
  if ((await findWorkflow(client, run))?.status.name === 'RUNNING') {
    throw new UsageError(
      `Run ${run} has not ended. Cancel it first: npx --no-install streamsage runs cancel ${run}`,
    );
  }
  const aliases = [...(await listAliases(store))]
    .filter(([, target]) => target === run)
    .map(([alias]) => alias);
  if (aliases.length > 0 && !options.force) {
    throw new UsageError(
      `\`${aliases.join('`, `')}\` points at run ${run}. To delete it all the same: npx --no-install streamsage runs delete ${run} --force`,
    );
  }
  const {
    objects,
    bytes,
    aliases: moved,
  } = await interruptible(output, `Run ${run} may be deleted in part. The same again deletes the rest.`, () =>
    deleteRun(store, run),
  );
  if (options.json) {
    printJson(output, { run, objects, bytes, aliases: moved });
    return;
  }
  output.result(`Run ${run} is deleted: ${objects} objects, ${formatBytes(bytes)}`);
  for (const [alias, next] of Object.entries(moved)) {
    output.result(`\`${alias}\` ${next === undefined ? 'is gone with it' : `points at ${next} now`}`);
  }
  output.note(
    'What it was made from goes, if nothing else needs it: npx --no-install streamsage artifacts gc',
  );
}
