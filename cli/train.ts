import { type Command, Option } from 'commander';
import { resolveParameters } from '../predictor/config.js';
import { withoutControls } from '../predictor/ratings/quote.js';
import { streamsage } from '../workflows/commands.js';
import type { TrainResult } from '../workflows/contract.js';
import { type Connections, withConnections, withStore } from './connections.js';
import { noteLines } from './dataset-notes.js';
import { describePlan } from './describe-plan.js';
import { checkOutput, fetchRun } from './fetch-artifacts.js';
import { interruptible } from './interrupt.js';
import { runLinks } from './links.js';
import { type Output, printJson } from './output.js';
import { givenParameters } from './parameter-flags.js';
import { planRun } from './plan-run.js';
import { portForwardLines } from './port-forward.js';
import { createPlainView, createTerminalView, type ProgressView } from './progress-view.js';
import { readSource, type ReadSource } from './read-source.js';
import { RunFailedError } from './run-failure.js';
import { describeResult } from './run-report.js';
import { startRun } from './start-run.js';
import { addTrainingFlags, startOptions, type TrainingOptions } from './training-flags.js';
import { watchRun } from './watch-run.js';

interface TrainOptions extends TrainingOptions {
  readonly detach?: boolean;
  readonly check?: boolean;
  readonly dryRun?: boolean;
  readonly output?: string;
  readonly ifUnreachable?: 'fail' | 'synthetic';
  readonly json?: boolean;
}

export function addTrain(program: Command, output: Output): void {
  const command = program.command('train').description('train the binge predictor, and watch it');
  addTrainingFlags(command, { onUnchanged: 'train', onFailure: 'block' })
    .addOption(
      new Option('--detach', 'start the run and return').conflicts(['check', 'output', 'ifUnreachable']),
    )
    .option(
      '--check',
      'read the flags, and a source that is a file or a folder, say what is wrong with them, and start nothing',
    )
    .addOption(
      new Option(
        '--dry-run',
        'say which stages would run, which come from the store and why, and start and write nothing',
      ).conflicts(['check', 'detach', 'output']),
    )
    .option('--output <folder>', 'put the artifacts into <folder>/<run>/ when done')
    .addOption(
      new Option('--if-unreachable <what>', 'what to do where the data cannot be downloaded')
        .choices(['fail', 'synthetic'])
        .default('fail'),
    )
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  streamsage train --source ml-100k.zip --epochs 5\n  streamsage train --epochs 20 --dry-run\n',
    )
    .action((options: TrainOptions) => runTrain(options, output));
}

async function runTrain(options: TrainOptions, output: Output): Promise<void> {
  // Before anything is read or reached: what is wrong with the flags is said at once.
  const parameters = resolveParameters(givenParameters(options));
  startOptions(options);
  if (options.output) await checkOutput(options.output);
  const source = await interruptible(output, 'Nothing was started.', () =>
    readSource(options.source, parameters),
  );
  if (source.kind === 'file') for (const line of noteLines(source.notes)) output.note(line);
  if (options.check) {
    if (options.json) printJson(output, { check: true, source: source.kind });
    else output.result(`Nothing is wrong with ${describeChecked(source)}. Nothing was started.`);
    return;
  }
  if (options.dryRun) {
    await withStore(async (store) => {
      const stages = await planRun(store, source, startOptions(options));
      if (options.json) printJson(output, { dryRun: true, stages });
      else for (const line of describePlan(stages)) output.result(line);
    });
    return;
  }
  await withConnections(async (connections) => {
    if (options.detach) {
      const run = await start(connections, source, options, output);
      if (options.json) printJson(output, { run, status: 'running' });
      else output.result(`Run ${run} has started. Watch it: npx --no-install streamsage runs watch ${run}`);
      return;
    }
    const result = await trainOrFallBack(connections, source, options, output);
    const published = publishedRun(result);
    if (options.output) await fetchRun(connections.store, published, [], options.output, output);
    report(connections, result, options, output);
    if (result.synthetic && source.kind !== 'synthetic') syntheticNotice(output, 'This model was trained');
  });
}

function describeChecked(source: ReadSource): string {
  if (source.kind === 'file') return `the flags and the ratings in ${withoutControls(source.name)}`;
  return 'the flags; the source is not read before a run downloads it';
}

/** Ctrl-C while ratings are uploaded leaves whole objects or none, and no run. */
function start(connections: Connections, source: ReadSource, options: TrainOptions, output: Output) {
  return interruptible(
    output,
    'No run was started, or it shows in: npx --no-install streamsage runs list',
    () => startRun(connections, source, startOptions(options), output),
  );
}

/** Trains; where the publisher cannot be reached and that was asked for, trains on synthetic data instead. */
async function trainOrFallBack(
  connections: Connections,
  source: ReadSource,
  options: TrainOptions,
  output: Output,
): Promise<TrainResult> {
  try {
    return await trainAttached(connections, source, options, output);
  } catch (error) {
    const unreachable = error instanceof RunFailedError && error.failureType === 'SourceUnreachableError';
    if (!unreachable || options.ifUnreachable !== 'synthetic') throw error;
    if (error.status === 'blocked') await connections.client.workflow.getHandle(error.run).cancel();
    output.note(error.message);
    syntheticNotice(output, 'Going on');
    return await trainAttached(connections, { kind: 'synthetic' }, options, output);
  }
}

function syntheticNotice(output: Output, what: string): void {
  const rule = '='.repeat(78);
  output.note(rule);
  output.note(`SYNTHETIC DATA. MovieLens 100K could not be downloaded. ${what} on made-up ratings:`);
  output.note('a seeded generator of MovieLens-shaped histories. Its numbers say nothing about people.');
  output.note('With a copy of the real data:  npm start -- --source path/to/ml-100k.zip');
  output.note(rule);
}

async function trainAttached(
  connections: Connections,
  source: ReadSource,
  options: TrainOptions,
  output: Output,
): Promise<TrainResult> {
  const run = await start(connections, source, options, output);
  output.note(`Run ${run}`);
  const { workflow } = runLinks(connections.settings, run);
  if (workflow) output.note(`  ${workflow}`);
  for (const line of portForwardLines([workflow])) output.note(line);
  return attached(connections, run, output);
}

/** Watches a run; Ctrl-C leaves the run going and says how to come back. */
export async function attached({ client }: Connections, run: string, output: Output): Promise<TrainResult> {
  const view = progressView(output);
  const said = `The run goes on. Watch it: ${streamsage} runs watch ${run}  End it: ${streamsage} runs cancel ${run}`;
  return interruptible(
    output,
    said,
    () => watchRun(client, run, view),
    () => view.end(),
  );
}

/** The run whose artifacts are the result: another's where this one had nothing to do. */
function publishedRun(result: TrainResult): string {
  return result.status === 'unchanged' ? result.sameAs : result.run;
}

function progressView(output: Output): ProgressView {
  return process.stderr.isTTY
    ? createTerminalView(process.stderr)
    : createPlainView((line) => output.note(line));
}

function report(connections: Connections, result: TrainResult, options: TrainOptions, output: Output): void {
  if (options.json) printJson(output, result);
  else for (const line of describeResult(result, connections.settings, options.output)) output.result(line);
}
