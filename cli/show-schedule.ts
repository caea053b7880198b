import type { ScheduleDescription, ScheduleSpecDescription } from '@temporalio/client';
import { type Parameters, recipeOf, resolveParameters } from '../predictor/config.js';
import { checkInput } from '../workflows/check-input.js';
import type { OnFailure, OnUnchanged, Source, TrainInput } from '../workflows/contract.js';
import type { Connections } from './connections.js';
import { formatDuration } from './duration.js';
import { scheduleLink } from './links.js';
import { alignColumns, formatBytes, shortTime } from './output.js';
import { portForwardLines } from './port-forward.js';
import { runQuery } from './run-query.js';
import { type RunRow, runRows, runTable } from './run-rows.js';
import { overlaps } from './schedule-flags.js';
import { datasetName } from './start-attributes.js';

/** What `schedule show --json` prints. Times are ISO 8601, UTC. */
export interface ShownSchedule {
  readonly schedule: string;
  readonly state: 'active' | 'paused';
  readonly note: string;
  /** `cron 0 2 * * *` or `every 6h`. */
  readonly when: string;
  readonly timezone: string;
  readonly jitter: string | null;
  readonly overlap: string;
  readonly catchUpWindow: string;
  readonly source: Source;
  /** As given; whatever is left out takes its default at each run. */
  readonly parameters: Partial<Parameters>;
  readonly recipe: string;
  readonly refresh: string | null;
  readonly onUnchanged: OnUnchanged;
  readonly onFailure: OnFailure;
  readonly next: readonly string[];
  /** Times that were not run: later than the catch-up window, or while a run was going on. */
  readonly missed: { readonly catchUpWindow: number; readonly overlap: number };
  /** The newest first. */
  readonly runs: readonly RunRow[];
  readonly link: string | null;
}

/** @param runs how many past ones @throws InvalidScheduleError */
export async function describeSchedule(
  { client, settings }: Connections,
  description: ScheduleDescription,
  runs: number,
): Promise<ShownSchedule> {
  const { scheduleId, spec, state, policies, info, action } = description;
  const input = (action.args as readonly TrainInput[] | undefined)?.[0] as TrainInput;
  checkStarts(scheduleId, input);
  const { parameters = {}, source, refresh, onUnchanged, onFailure } = input;
  const overlap = Object.entries(overlaps).find(([, policy]) => policy === policies.overlap);
  return {
    schedule: scheduleId,
    state: state.paused ? 'paused' : 'active',
    note: state.note ?? '',
    when: whenOf(spec),
    timezone: spec.timezone || 'UTC',
    jitter: spec.jitter ? formatDuration(spec.jitter) : null,
    overlap: overlap?.[0] ?? String(policies.overlap),
    catchUpWindow: formatDuration(policies.catchupWindow),
    source,
    parameters,
    recipe: recipeOf(resolveParameters(parameters)),
    refresh: refresh ?? null,
    onUnchanged: onUnchanged ?? 'train',
    onFailure: onFailure ?? 'fail',
    next: state.paused ? [] : info.nextActionTimes.slice(0, 3).map((time) => time.toISOString()),
    missed: {
      catchUpWindow: info.numActionsMissedCatchupWindow,
      overlap: info.numActionsSkippedOverlap,
    },
    runs: await runRows(client, runQuery({ schedule: scheduleId }), runs),
    link: scheduleLink(settings, scheduleId) ?? null,
  };
}

/** A schedule of another client's starts runs that end at once. */
export class InvalidScheduleError extends Error {
  override readonly name = 'InvalidScheduleError';
}

/** @throws InvalidScheduleError */
function checkStarts(schedule: string, input: TrainInput): void {
  try {
    checkInput(input);
  } catch (error) {
    throw new InvalidScheduleError(
      `Expected schedule ${schedule} to start runs that can work, got one whose runs are refused: ${(error as Error).message}. ` +
        `Put another in its place: npx --no-install streamsage schedule create ${schedule} --replace`,
    );
  }
}

/** When a schedule is due, in a few words. */
export function whenOf({ calendars = [], intervals = [] }: ScheduleSpecDescription): string {
  const words = [
    // The expression was kept as a comment (cli/schedule-flags.ts); the server keeps only what it parsed.
    ...calendars.map(({ comment }) => (comment ? `cron ${comment}` : 'calendar')),
    ...intervals.map(({ every }) => `every ${formatDuration(every)}`),
  ];
  return words.length === 0 ? 'never' : words.join(', ');
}

/** The same with the time zone, where that matters: intervals count in none. */
export function inZone(when: string, timezone: string): string {
  return when.startsWith('every') ? when : `${when} (${timezone})`;
}

/** The first and the last of many times, and a mark for those between. */
export function endsOf(times: readonly string[]): readonly string[] {
  return times.length <= 2 ? times : [times[0]!, '…', times.at(-1)!];
}

export function scheduleLines(shown: ShownSchedule): string[] {
  const { schedule, state, note, when, timezone, jitter, source, refresh, next, missed, runs, link } = shown;
  return [
    `Schedule ${schedule}: ${state}${note === '' ? '' : ` (${note})`}`,
    '',
    ...alignColumns([
      ['  when', `${inZone(when, timezone)}${jitter === null ? '' : `, up to ${jitter} later`}`],
      ['  overlap', shown.overlap],
      ['  catch up', shown.catchUpWindow],
      ['  source', describeSource(source)],
      ['  recipe', shown.recipe],
      ...(refresh === null ? [] : [['  refresh', refresh]]),
      ['  unchanged', shown.onUnchanged],
      ['  failure', shown.onFailure],
      [
        '  next',
        state === 'paused'
          ? 'none until it is resumed'
          : next.map((time) => `${shortTime(time)}Z`).join(', ') || 'none',
      ],
      ...(missed.catchUpWindow > 0
        ? [['  missed', `${missed.catchUpWindow}, later than the catch-up window`]]
        : []),
      ...(missed.overlap > 0 ? [['  skipped', `${missed.overlap}, due while a run was going on`]] : []),
    ]),
    ...(runs.length === 0 ? [] : ['', ...alignColumns(runTable(runs)).map((line) => `  ${line}`)]),
    ...(link === null ? [] : ['', `  ${link}`, ...portForwardLines([link])]),
  ];
}

function describeSource(source: Source): string {
  if (source.kind !== 'uploaded') return `${datasetName(source)}, looked up at every run`;
  const { bytes, sha256 } = source.ratings;
  return (
    `${source.name}, uploaded once (${formatBytes(bytes)}, SHA-256 ${sha256.slice(0, 16)}…): ` +
    'what becomes of the file does not matter'
  );
}
