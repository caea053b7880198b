import type { Command } from 'commander';
import { Option } from 'commander';
import type { ScheduleOverlapPolicy, ScheduleSpec } from '@temporalio/client';
import { isScheduleName } from '../artifacts/names.js';
import { checkCron } from './cron.js';
import { parseDuration } from './duration.js';
import { UsageError } from './exit-codes.js';

/** When a schedule starts runs, as flags. */
export interface TimingOptions {
  readonly cron?: string;
  readonly every?: string;
  readonly timezone?: string;
  readonly jitter?: string;
  readonly overlap: OverlapName;
  readonly catchUpWindow: string;
}

export interface Timing {
  readonly spec: ScheduleSpec;
  readonly policies: { readonly overlap: ScheduleOverlapPolicy; readonly catchupWindow: number };
  /** What may surprise whoever asked for it. */
  readonly notes: readonly string[];
}

/** Words for Temporal's overlap policies. Its sixth, which terminates, would leave runs without an outcome. */
export const overlaps = {
  skip: 'SKIP',
  'buffer-one': 'BUFFER_ONE',
  'buffer-all': 'BUFFER_ALL',
  'cancel-other': 'CANCEL_OTHER',
  'allow-all': 'ALLOW_ALL',
} as const satisfies Record<string, ScheduleOverlapPolicy>;
export type OverlapName = keyof typeof overlaps;

export function overlapOption(description: string, value: OverlapName): Option {
  return new Option(
    '--overlap <policy>',
    `${description}: skip the new one; buffer one, or all, until it has ended; cancel the other and start; allow all to go on side by side`,
  )
    .choices(Object.keys(overlaps))
    .default(value);
}

export function addTimingFlags(command: Command): Command {
  return command
    .option(
      '--cron <expression>',
      'when: minute, hour, day of the month, month, day of the week; `0 2 * * *`',
    )
    .option('--every <duration>', 'or how often, counted from midnight of 1970-01-01 UTC: 30m, 6h, 1d')
    .option('--timezone <name>', 'of the cron expression: Europe/Berlin (default: UTC)')
    .option('--jitter <duration>', 'start up to so much later, by chance')
    .addOption(overlapOption('where the run before is still going', 'skip'))
    .option(
      '--catch-up-window <duration>',
      'how late to start what was due while the server was down',
      '365d',
    );
}

/** @throws UsageError naming the flag, the value and what is allowed */
export function timingOf(options: TimingOptions): Timing {
  const { cron, every, timezone, jitter, overlap, catchUpWindow } = options;
  if ((cron === undefined) === (every === undefined)) {
    throw new UsageError(
      `Expected \`--cron\` or \`--every\`, got ${cron === undefined ? 'neither' : 'both'}`,
    );
  }
  const zone = timezone === undefined ? {} : { timezone: checkTimezone(timezone) };
  if (every !== undefined && timezone !== undefined) {
    throw new UsageError(
      'Expected `--timezone` with `--cron`, got it with `--every`, which counts from 1970-01-01 UTC in any time zone',
    );
  }
  const jitterMs = jitter === undefined ? {} : { jitter: parseDuration('--jitter', jitter, 1000) };
  const expression = cron === undefined ? undefined : checkCron(cron);
  const spec: ScheduleSpec = expression
    ? // The server keeps what it parsed, and a comment: so the words survive for `schedule list` and the web UI.
      { cronExpressions: [`${expression.text} # ${expression.text}`], ...zone, ...jitterMs }
    : { intervals: [{ every: parseDuration('--every', every!, 1000) }], ...jitterMs };
  return {
    spec,
    policies: {
      overlap: overlaps[overlap],
      catchupWindow: parseDuration('--catch-up-window', catchUpWindow, 10_000),
    },
    notes: expression?.note === undefined ? [] : [expression.note],
  };
}

/** The zone in the spelling that servers know. @throws UsageError */
function checkTimezone(name: string): string {
  const known = Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase() === name.toLowerCase());
  if (known !== undefined) return known;
  try {
    // Names of other times, such as UTC and Asia/Calcutta; no offsets, which the server does not take.
    Intl.DateTimeFormat('en', { timeZone: name });
    if (/^[A-Za-z]/.test(name)) return name;
  } catch {
    // Said below.
  }
  throw new UsageError(
    `Expected \`--timezone\` to be a name such as Europe/Berlin or UTC (the IANA database's), got \`${name}\``,
  );
}

/** @throws UsageError */
export function checkScheduleName(name: string): string {
  if (isScheduleName(name)) return name;
  throw new UsageError(
    "Expected the schedule's name to be at most 100 letters, digits, dots, dashes and underscores, got " +
      JSON.stringify(name.slice(0, 120)),
  );
}

/**
 * A moment: a date (midnight UTC), or a time with its zone, in whole seconds.
 * @throws UsageError naming the flag and the value
 */
export function parseMoment(flag: string, text: string): Date {
  const isWellFormed = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const moment = new Date(text);
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  // The 31st of February would be taken for the 3rd of March.
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
  if (!isWellFormed || !isDay || Number.isNaN(moment.getTime())) {
    throw new UsageError(
      `Expected \`${flag}\` to be a day or a time with its zone (2026-11-25, 2026-11-25T02:00:00Z), got \`${text}\``,
    );
  }
  return moment;
}

/** What pausing and resuming say where nobody says why. */
const ownNotes = { pause: 'paused by hand', resume: 'resumed by hand' } as const;

/** The note of a schedule that is paused or resumed: the one given, else the one it has, else who did it. */
export function noteAfter(verb: keyof typeof ownNotes, given: string | undefined, before = ''): string {
  if (given !== undefined && given !== '') return given;
  const isOwn = before === '' || Object.values<string>(ownNotes).includes(before);
  return isOwn ? ownNotes[verb] : before;
}
