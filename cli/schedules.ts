import type { Command } from 'commander';
import { resolveParameters } from '../predictor/config.js';
import { type Connections, withConnections } from './connections.js';
import { UsageError } from './exit-codes.js';
import { interruptible } from './interrupt.js';
import { parseWhole } from './numbers.js';
import { counted, type Output, printJson, printTable, shortTime } from './output.js';
import { givenParameters } from './parameter-flags.js';
import { readSource } from './read-source.js';
import { runQuery } from './run-query.js';
import { runRows } from './run-rows.js';
import { backfill, trigger } from './run-schedule.js';
import {
  addTimingFlags,
  checkScheduleName,
  noteAfter,
  type OverlapName,
  overlapOption,
  parseMoment,
  type TimingOptions,
  timingOf,
} from './schedule-flags.js';
import { createSchedule, deleteSchedule, existingSchedule, ownSchedules } from './schedule-store.js';
import { describeSchedule, endsOf, inZone, scheduleLines, whenOf } from './show-schedule.js';
import { streamsage } from '../workflows/commands.js';
import { searchAttributes } from '../workflows/search-attributes.js';
import { addTrainingFlags, startOptions, type TrainingOptions } from './training-flags.js';

interface JsonOption {
  readonly json?: boolean;
}

interface CreateOptions extends TrainingOptions, TimingOptions, JsonOption {
  readonly paused?: boolean;
  readonly note?: string;
  readonly replace?: boolean;
}

const nameArgument = ['<name>', 'name of a schedule'] as const;
const jsonOption = ['--json', 'print the answer as JSON'] as const;

export function addSchedules(program: Command, output: Output): void {
  const schedules = program.command('schedule').description('train again and again, at set times');
  addCreate(schedules, output);
  schedules
    .command('list')
    .description('list schedules')
    .option(...jsonOption)
    .addHelpText('after', '\nExample:\n  streamsage schedule list\n')
    .action((options: JsonOption) => withConnections((to) => listSchedules(to, options, output)));
  schedules
    .command('show')
    .description('show what a schedule runs and when, its next times and its past runs')
    .argument(...nameArgument)
    .option('--limit <number>', 'how many past runs at most', parseWhole('--limit', 1), 10)
    .option(...jsonOption)
    .addHelpText('after', '\nExample:\n  streamsage schedule show nightly\n')
    .action((name: string, options: JsonOption & { limit: number }) =>
      withConnections((to) => show(to, name, options, output)),
    );
  for (const [verb, description] of [
    ['pause', 'start no run until it is resumed'],
    ['resume', 'go on; what was due meanwhile is left out'],
  ] as const) {
    schedules
      .command(verb)
      .description(description)
      .argument(...nameArgument)
      .option('--note <text>', 'why, in the place of the note that the schedule has')
      .option(...jsonOption)
      .addHelpText('after', `\nExample:\n  streamsage schedule ${verb} nightly --note "new data on Monday"\n`)
      .action((name: string, options: JsonOption & { note?: string }) =>
        withConnections(async (to) => {
          const { handle, description } = await existingSchedule(to, name);
          const note = noteAfter(verb, options.note, description.state.note);
          await changing(output, name, () => (verb === 'pause' ? handle.pause(note) : handle.unpause(note)));
          await show(to, name, options, output);
        }),
      );
  }
  addTrigger(schedules, output);
  addBackfill(schedules, output);
  schedules
    .command('delete')
    .description('delete a schedule; its runs, and what they have made, stay')
    .argument(...nameArgument)
    .option(...jsonOption)
    .addHelpText('after', '\nExample:\n  streamsage schedule delete nightly\n')
    .action((name: string, options: JsonOption) =>
      withConnections(async (to) => {
        await changing(output, name, () => deleteSchedule(to, name));
        if (options.json) printJson(output, { schedule: name, state: 'deleted' });
        else
          output.result(
            `Schedule ${name} is deleted. Its runs stay: npx --no-install streamsage runs list --schedule ${name}`,
          );
      }),
    );
}

/** Ctrl-C while something is asked of a server leaves it done or not. */
function changing<Result>(output: Output, name: string, work: () => Promise<Result>): Promise<Result> {
  const said = `What was asked for may have been done. Look at it: ${streamsage} schedule show ${name}`;
  return interruptible(output, said, work);
}

function addCreate(schedules: Command, output: Output): void {
  const command = schedules
    .command('create')
    .description('make a schedule: when to train (--cron or --every), on what, how')
    .argument('<name>', 'of the new schedule; its runs are called <name>-<time>');
  addTimingFlags(command)
    .option('--paused', 'start no run until it is resumed')
    .option('--note <text>', 'what it is for; the schedule shows it')
    .option('--replace', 'put it in the place of a schedule of this name, which keeps its past runs');
  addTrainingFlags(command, { onUnchanged: 'skip', onFailure: 'fail' })
    .option(...jsonOption)
    .addHelpText(
      'after',
      '\nExample:' +
        '\n  streamsage schedule create nightly --cron "0 2 * * *" --timezone Europe/Berlin' +
        '\n  streamsage schedule create hourly --every 1h --source ml-100k.zip --epochs 20\n',
    )
    .action((name: string, options: CreateOptions) => create(name, options, output));
}

async function create(name: string, options: CreateOptions, output: Output): Promise<void> {
  // Before anything is read or reached: what is wrong with the flags is said now, not when the schedule fires.
  checkScheduleName(name);
  const timing = timingOf(options);
  resolveParameters(givenParameters(options));
  const start = startOptions(options);
  const source = await interruptible(output, 'No schedule was made.', () => readSource(options.source));
  await withConnections(async (to) => {
    for (const note of timing.notes) output.note(note);
    const { paused, note, replace = false } = options;
    const state = { ...(paused ? { paused } : {}), ...(note === undefined ? {} : { note }) };
    const schedule = { name, timing, source, start, state, replace };
    await changing(output, name, () => createSchedule(to, schedule, output));
    await show(to, name, { ...options, limit: 0 }, output);
  });
}

async function show(
  to: Connections,
  name: string,
  { json, limit = 10 }: JsonOption & { limit?: number },
  output: Output,
): Promise<void> {
  const { description } = await existingSchedule(to, name);
  const shown = await describeSchedule(to, description, limit);
  if (json) printJson(output, shown);
  else for (const line of scheduleLines(shown)) output.result(line);
}

async function listSchedules(to: Connections, options: JsonOption, output: Output): Promise<void> {
  const schedules = [];
  for await (const { scheduleId, spec, state, info, typedSearchAttributes } of ownSchedules(to.client)) {
    const [latest] = await runRows(to.client, runQuery({ schedule: scheduleId }), 1);
    schedules.push({
      schedule: scheduleId,
      state: state.paused ? 'paused' : 'active',
      when: spec ? whenOf(spec) : '',
      timezone: spec?.timezone || 'UTC',
      next: state.paused ? null : (info.nextActionTimes[0]?.toISOString() ?? null),
      latest: latest ?? null,
      dataset: typedSearchAttributes?.get(searchAttributes.dataset) ?? null,
      recipe: typedSearchAttributes?.get(searchAttributes.recipe) ?? null,
    });
  }
  if (options.json) printJson(output, { schedules });
  else if (schedules.length === 0) {
    output.note(
      'No schedules yet. Make one: npx --no-install streamsage schedule create nightly --cron "0 2 * * *"',
    );
  } else {
    const rows = schedules.map(({ schedule, state, when, timezone, next, latest, dataset, recipe }) => [
      ...[schedule, state, inZone(when, timezone), next === null ? '' : shortTime(next)],
      ...[latest?.run ?? '', latest?.status ?? '', dataset ?? '', recipe ?? ''],
    ]);
    const head = ['SCHEDULE', 'STATE', 'WHEN', 'NEXT (UTC)', 'LATEST RUN', 'OUTCOME', 'DATASET', 'RECIPE'];
    printTable(output, [head, ...rows]);
  }
}

function addTrigger(schedules: Command, output: Output): void {
  schedules
    .command('trigger')
    .description('start a run of a schedule now, whatever is going on; a paused one as well')
    .argument(...nameArgument)
    .option(...jsonOption)
    .addHelpText('after', '\nExample:\n  streamsage schedule trigger nightly\n')
    .action((name: string, options: JsonOption) =>
      withConnections(async (to) => {
        const { run, isStarted } = await changing(output, name, () => trigger(to, name));
        if (options.json)
          printJson(output, { schedule: name, run, status: isStarted ? 'running' : 'asked for' });
        else if (isStarted)
          output.result(`Run ${run} has started. Watch it: npx --no-install streamsage runs watch ${run}`);
        else
          output.result(
            `A run has been asked for. It will be among: npx --no-install streamsage schedule show ${name}`,
          );
      }),
    );
}

function addBackfill(schedules: Command, output: Output): void {
  schedules
    .command('backfill')
    .description('start the runs that were due in a range of the past')
    .argument(...nameArgument)
    .requiredOption('--from <time>', 'required: first moment, a day (midnight UTC) or a time with its zone')
    .requiredOption('--to <time>', 'required: last moment')
    .addOption(overlapOption('where the run before is still going', 'buffer-all'))
    .option(...jsonOption)
    .addHelpText(
      'after',
      '\nExample:\n  streamsage schedule backfill nightly --from 2026-11-01 --to 2026-11-08T12:00:00Z\n',
    )
    .action(
      async (name: string, options: JsonOption & { from: string; to: string; overlap: OverlapName }) => {
        const [from, to] = [parseMoment('--from', options.from), parseMoment('--to', options.to)];
        if (from > to)
          throw new UsageError(`Expected \`--from\` before \`--to\`, got ${options.from} and ${options.to}`);
        if (to > new Date()) {
          throw new UsageError(`Expected \`--to\` to be in the past, got \`${options.to}\``);
        }
        await withConnections(async (connections) => {
          const { overlap } = options;
          const times = await changing(output, name, () =>
            backfill(connections, name, { from, to, overlap }),
          );
          if (options.json) printJson(output, { schedule: name, times, overlap });
          else {
            output.result(`${counted(times.length, 'run')} of ${name} asked for (${overlap})`);
            for (const time of endsOf(times)) output.result(`  ${time}`);
            output.result(
              `Look at them: npx --no-install streamsage runs list --schedule ${name} --started-by backfill`,
            );
          }
        });
      },
    );
}
