import { Option } from 'commander';
import { UsageError } from './exit-codes.js';

const unitMs = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;
type Unit = keyof typeof unitMs;

/**
 * A duration in words as schedules take it: `90s`, `1h30m`, `7d`. Milliseconds.
 * @param minimum milliseconds; what is shorter the server would silently round or raise
 * @throws UsageError naming the flag and the value
 */
export function parseDuration(
  flag: string,
  text: string,
  minimum: number,
  maximum: number = 365 * unitMs.d,
): number {
  const parts = [...text.matchAll(/(\d{1,9})([wdhms])/g)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === text;
  const value = parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitMs[unit as Unit], 0);
  if (!isWhole || value < minimum || value > maximum) {
    throw new UsageError(
      `Expected \`${flag}\` to be a duration from ${formatDuration(minimum)} to ${formatDuration(maximum)} ` +
        `(whole numbers with w, d, h, m, s: 30m, 1h30m, 7d), got \`${text}\``,
    );
  }
  return value;
}

/** A flag whose value is a duration, 0 s or more. The command gets milliseconds. */
export function durationOption(
  flag: string,
  description: string,
  { minimum = 0, maximum }: { minimum?: number; maximum?: number } = {},
): Option {
  return new Option(`${flag} <duration>`, description).argParser((text) =>
    parseDuration(flag, text, minimum, maximum),
  );
}

/** `5400000` → `1h30m`; weeks are told in days. */
export function formatDuration(milliseconds: number): string {
  let left = Math.round(milliseconds / 1000) * 1000;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(left / unitMs[unit]);
    if (count > 0) text += `${count}${unit}`;
    left -= count * unitMs[unit];
  }
  return text === '' ? '0s' : text;
}
