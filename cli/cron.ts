import { UsageError } from './exit-codes.js';
import { counted } from './output.js';

/**
 * Cron expressions as Temporal reads them: five fields, six with the year last, seven with the seconds first as well.
 * The server takes some that do not mean what they seem to (a comment after `#`, six fields with the seconds first, a
 * step beyond the range, the 31st of February): those are refused here, with the field and the value.
 */

interface Field {
  readonly name: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly names?: readonly string[];
  /** Letters of a name that are enough. */
  readonly letters?: number;
}

const second: Field = { name: 'second', minimum: 0, maximum: 59 };
const minute: Field = { name: 'minute', minimum: 0, maximum: 59 };
const hour: Field = { name: 'hour', minimum: 0, maximum: 23 };
const dayOfMonth: Field = { name: 'day of the month', minimum: 1, maximum: 31 };
const month: Field = {
  ...{ name: 'month', minimum: 1, maximum: 12, letters: 3 },
  names: [
    ...['', 'january', 'february', 'march', 'april', 'may', 'june', 'july', 'august'],
    ...['september', 'october', 'november', 'december'],
  ],
};
const dayOfWeek: Field = {
  ...{ name: 'day of the week', minimum: 0, maximum: 7, letters: 2 },
  names: ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'],
};
/** The years that Temporal's calendars know. */
const year: Field = { name: 'year', minimum: 2000, maximum: 2100 };

const five = [minute, hour, dayOfMonth, month, dayOfWeek];
const fieldsOf: Readonly<Record<number, readonly Field[]>> = {
  5: five,
  6: [...five, year],
  7: [second, ...five, year],
};

const shorthands = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

export interface CronExpression {
  readonly text: string;
  /** What may surprise whoever wrote it. */
  readonly note?: string;
}

/**
 * Checks an expression.
 * @param now from when on it must mean some time
 * @throws UsageError naming the field, the value and what is allowed
 */
export function checkCron(given: string, now = new Date()): CronExpression {
  const text = given.trim().replace(/\s+/g, ' ');
  if (shorthands.includes(text)) return { text };
  if (/^(CRON_)?TZ=/.test(text)) throw wrong(text, 'the time zone in it: give it as --timezone');
  if (text.startsWith('@every')) throw wrong(text, '@every: give it as --every');
  if (text.includes('#')) throw wrong(text, '`#`, after which Temporal reads a comment');
  const parts = text === '' ? [] : text.split(' ');
  const fields = fieldsOf[parts.length];
  if (!fields) {
    throw wrong(
      text,
      `${counted(parts.length, 'field')}: expected minute, hour, day of the month, month, day of the week`,
    );
  }
  if (parts.length === 6 && !/^\d{4}/.test(parts[5]!)) {
    throw wrong(
      text,
      `\`${parts[5]!}\` as the sixth field, the year: expected a year such as 2027. For seconds give seven fields, ` +
        'seconds first, year last',
    );
  }
  const values = new Map(fields.map((field, i) => [field, valuesOf(text, field, parts[i]!)]));
  if (!hasDay(values, now)) {
    throw wrong(
      text,
      `a date that never comes: day of the month, month, day of the week and year match none`,
    );
  }
  const [day, weekday] = [parts[fields.indexOf(dayOfMonth)]!, parts[fields.indexOf(dayOfWeek)]!];
  if (day === '*' || weekday === '*') return { text };
  return {
    text,
    note: `Temporal takes \`${text}\` to mean days that are both \`${day}\` of the month and \`${weekday}\` of the week`,
  };
}

/** The values that a field matches. */
function valuesOf(text: string, field: Field, list: string): ReadonlySet<number> {
  const { name, minimum, maximum } = field;
  const values = new Set<number>();
  for (const part of list.split(',')) {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    const from = match?.[1] ? minimum : valueOf(field, match?.[2]);
    const openEnd = match?.[1] !== undefined || (match?.[4] !== undefined && match[3] === undefined);
    const to = openEnd ? maximum : match?.[3] === undefined ? from : valueOf(field, match[3]);
    const step = Number(match?.[4] ?? 1);
    if (!match || from === undefined || to === undefined || from > to) {
      const names = field.names ? ', or names' : '';
      throw wrong(
        text,
        `\`${part}\` as the ${name}: expected ${minimum} to ${maximum}${names}, as *, 1, 1-5, */2, 1,3`,
      );
    }
    if (step < 1 || (match[4] !== undefined && step > maximum - minimum)) {
      throw wrong(text, `\`${part}\` as the ${name}: expected a step from 1 to ${maximum - minimum}`);
    }
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}

function valueOf({ minimum, maximum, names, letters }: Field, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) {
    const value = Number(text);
    return value >= minimum && value <= maximum ? value : undefined;
  }
  if (!names || letters === undefined || text.length < letters) return undefined;
  const index = names.findIndex((name) => name.startsWith(text.toLowerCase()));
  return index < 0 ? undefined : index;
}

/** Whether there is such a day. Forty years hold every combination of leap years and days of the week. */
function hasDay(values: ReadonlyMap<Field, ReadonlySet<number>>, now: Date): boolean {
  const has = (field: Field, value: number) => values.get(field)?.has(value) ?? true;
  const day = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() - 1));
  const last = Math.min(day.getUTCFullYear() + 40, year.maximum);
  for (; day.getUTCFullYear() <= last; day.setUTCDate(day.getUTCDate() + 1)) {
    const weekday = day.getUTCDay();
    const onDay =
      has(dayOfMonth, day.getUTCDate()) &&
      has(month, day.getUTCMonth() + 1) &&
      (has(dayOfWeek, weekday) || (weekday === 0 && has(dayOfWeek, 7))) &&
      has(year, day.getUTCFullYear());
    if (onDay) return true;
  }
  return values.get(year) !== undefined && [...values.get(year)!].some((one) => one > last);
}

function wrong(text: string, got: string): UsageError {
  return new UsageError(
    `Expected \`--cron\` to be a cron expression such as \`0 2 * * *\` (at 02:00 every day), got \`${text}\` with ${got}`,
  );
}
