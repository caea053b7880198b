import { type Command, Option } from 'commander';
import { RunNotFoundError } from '../artifacts/errors.js';
import { isRunName } from '../artifacts/names.js';
import { latestAlias } from '../artifacts/runs.js';
import { type Connections, withConnections } from './connections.js';
import { deletePublishedRun } from './delete-run.js';
import { exitCodes, UsageError } from './exit-codes.js';
import { findWorkflow } from './find-workflow.js';
import { interruptible } from './interrupt.js';
import { parseWhole } from './numbers.js';
import { type Output, printJson, printTable } from './output.js';
import { streamsage } from '../workflows/commands.js';
import { outcomes, starters } from '../workflows/contract.js';
import { type RunFilters, runQuery } from './run-query.js';
import { type Changes, parseChanges, repairBlocked, startAgain } from './repair-run.js';
import { describeResult } from './run-report.js';
import { runRows, runTable } from './run-rows.js';
import { resolveOperand, runWithArtifacts, sameRun } from './run-with-artifacts.js';
import { showLineage } from './show-lineage.js';
import { showRun } from './show-run.js';
import { attached } from './train.js';

interface JsonOption {
  readonly json?: boolean;
}

interface ListOptions extends JsonOption, RunFilters {
  readonly limit: number;
}

interface RepairOptions extends JsonOption {
  readonly set: readonly string[];
  readonly detach?: boolean;
}

const runArgument = ['<run>', 'name of a run, or `latest`: the last one that was started'] as const;
const jsonOption = ['--json', 'print the answer as JSON'] as const;

export function addRuns(program: Command, output: Output): void {
  const runs = program.command('runs').description('list, show, watch, repair, cancel and delete runs');
  runs
    .command('list')
    .description('list runs, newest first')
    .option('--limit <number>', 'how many at most', parseWhole('--limit', 1), 20)
    .addOption(
      new Option(
        '--outcome <outcome>',
        'only those that are so; running: all that have not ended, blocked ones among them',
      ).choices(outcomes),
    )
    .option(
      '--dataset <name>',
      'only those trained on this: `movielens-100k`, `synthetic`, the name of what was given',
    )
    .option(
      '--recipe <recipe>',
      'only those with these parameters, as the list shows them: `notebook, epochs=20`',
    )
    .addOption(new Option('--started-by <what>', 'only those that were started by this').choices(starters))
    .option('--schedule <name>', 'only those started through this schedule')
    .option(...jsonOption)
    .addHelpText(
      'after',
      '\nExample:\n  streamsage runs list --outcome completed --started-by schedule --limit 5\n',
    )
    .action((options: ListOptions) => withConnections((to) => listRuns(to, options, output)));
  runs
    .command('show')
    .description('show what a run is, did and made')
    .argument(...runArgument)
    .option(
      '--lineage',
      'show instead what its model was made from, back to the source; `latest`: the last one published',
    )
    .option(...jsonOption)
    .addHelpText('after', '\nExample:\n  streamsage runs show latest --json\n')
    .action((run: string, options: JsonOption & { lineage?: boolean }) =>
      withConnections(async (to) => {
        if (!options.lineage) return showRun(to, await namedRun(to, run), options, output);
        const published = await runWithArtifacts(to.store, run, output, (of) => sameRun(to.client, of));
        return showLineage(to.store, published, options, output);
      }),
    );
  runs
    .command('watch')
    .description('watch a run until it ends, or is blocked (exit code 1)')
    .argument(...runArgument)
    .option(...jsonOption)
    .addHelpText('after', '\nExample:\n  streamsage runs watch ml-100k-20261124-101530-9f3c\n')
    .action((run: string, options: JsonOption) =>
      withConnections(async (to) => {
        await watchToTheEnd(to, await existingRun(to, run), options, output);
      }),
    );
  runs
    .command('cancel')
    .description('cancel a run; what it has finished stays in the store')
    .argument(...runArgument)
    .option(...jsonOption)
    .addHelpText('after', '\nExample:\n  streamsage runs cancel ml-100k-20261124-101530-9f3c\n')
    .action((run: string, options: JsonOption) =>
      withConnections((to) => cancelRun(to, run, options, output)),
    );
  runs
    .command('repair')
    .description('try the failed stage of a blocked run again; of a run that has ended, start one like it')
    .argument(...runArgument)
    .option(
      '--set <name=value>',
      'another value for a parameter, named as in `train --help`; of a blocked run, one that no finished stage has used; may be repeated',
      (word: string, words: readonly string[]) => [...words, word],
      [] as readonly string[],
    )
    .option('--detach', 'let it go on and return')
    .option(...jsonOption)
    .addHelpText(
      'after',
      '\nExample:\n  streamsage runs repair ml-100k-20261124-101530-9f3c --set batchSize=16\n',
    )
    .action((run: string, options: RepairOptions) => {
      const set = parseChanges(options.set);
      return withConnections((to) => repairRun(to, run, set, options, output));
    });
  runs
    .command('delete')
    .description('remove at once what a run has published; `artifacts gc` then frees what nothing else needs')
    .argument('<run>', 'name of a run')
    .option('--force', 'also if an alias points at it: `latest` goes to the newest of the others')
    .option(...jsonOption)
    .addHelpText('after', '\nExample:\n  streamsage runs delete ml-100k-20261124-101530-9f3c\n')
    .action((run: string, options: JsonOption & { force?: boolean }) =>
      withConnections((to) => deletePublishedRun(to, run, options, output)),
    );
}

async function listRuns({ client }: Connections, options: ListOptions, output: Output) {
  const { limit, json, ...filters } = options;
  const rows = await runRows(client, runQuery(filters), limit);
  if (json) printJson(output, { runs: rows });
  else if (rows.length > 0) printTable(output, runTable(rows));
  else if (Object.keys(filters).length > 0) output.note('No such runs');
  else output.note('No runs yet. Start one: npx --no-install streamsage train');
}

async function cancelRun(to: Connections, run: string, options: JsonOption, output: Output) {
  const id = await existingRun(to, run);
  const handle = to.client.workflow.getHandle(id);
  const { status } = await handle.describe();
  if (status.name !== 'RUNNING') {
    throw new UsageError(`Run ${id} is not running: it is ${status.name.toLowerCase()}`);
  }
  const said = `Run ${id} may have been told to end. Look at it: ${streamsage} runs show ${id}`;
  await interruptible(output, said, async () => {
    await handle.cancel();
    await handle.result().catch(() => undefined);
  });
  const after = (await handle.describe()).status.name.toLowerCase();
  if (options.json) printJson(output, { run: id, status: after });
  else output.result(`Run ${id}: ${after}`);
  if (after !== 'cancelled') process.exitCode = exitCodes.failed;
}

async function repairRun(
  to: Connections,
  run: string,
  set: Changes,
  options: RepairOptions,
  output: Output,
): Promise<void> {
  const id = await existingRun(to, run);
  const { status } = await to.client.workflow.getHandle(id).describe();
  if (status.name === 'COMPLETED') {
    throw new UsageError(`Expected a run that is blocked or has failed, got ${id}, which is done`);
  }
  const isOpen = status.name === 'RUNNING';
  const where = isOpen ? `runs show ${id}` : 'runs list';
  const said = `The repair may have been asked for. Look at it: ${streamsage} ${where}`;
  const goesOn = await interruptible(output, said, async () => {
    if (!isOpen) return startAgain(to, id, set, output);
    const { stage } = await repairBlocked(to, id, set);
    output.note(`Run ${id} tries ${stage} again`);
    return id;
  });
  if (goesOn !== id) output.note(`Run ${id} has ended: run ${goesOn} does it again`);
  if (options.detach) {
    if (options.json) printJson(output, { run: goesOn, status: 'running' });
    else output.result(`Watch it: npx --no-install streamsage runs watch ${goesOn}`);
    return;
  }
  await watchToTheEnd(to, goesOn, options, output);
}

async function watchToTheEnd(to: Connections, run: string, { json }: JsonOption, output: Output) {
  const result = await attached(to, run, output);
  if (json) printJson(output, result);
  else for (const line of describeResult(result, to.settings)) output.result(line);
}

/** The run's name, after making sure that there is such a run. */
async function existingRun(to: Connections, run: string): Promise<string> {
  const id = await namedRun(to, run);
  if (!(await findWorkflow(to.client, id))) {
    throw new RunNotFoundError(
      `There is no run \`${id}\`: \`npx --no-install streamsage runs list\` shows those there are`,
    );
  }
  return id;
}

/**
 * The run that a name means. `latest` is the last one started, published or not; where Temporal no longer keeps any, the
 * last one published.
 */
async function namedRun({ client, store }: Connections, name: string): Promise<string> {
  if (name === latestAlias) {
    for await (const { workflowId } of client.workflow.list({ query: runQuery() })) {
      // Other clients start runs under names that no run can have: they have failed, and are listed.
      if (isRunName(workflowId)) return workflowId;
    }
  }
  return resolveOperand(store, name);
}
