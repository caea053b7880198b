/** Fields that come first, or that a person at a terminal has no use for. */
const placed = new Set(['time', 'level', 'message', 'process', 'pid', 'run', 'stage', 'attempt', 'stack']);

/** What moves the cursor or turns the writing's direction: a run's name may be anybody's. */
const unprintable = /[^\n\t\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** A line of JSON as a person reads it: time, level, where, what, and then the other fields. */
export function formatLogLine(line: string): string {
  const entry = JSON.parse(line) as Record<string, unknown>;
  const text = (name: string) => (entry[name] === undefined ? '' : show(entry[name]));
  const attempt = Number(entry['attempt'] ?? 1) > 1 ? `attempt ${text('attempt')}` : '';
  const where = [text('run'), text('stage'), attempt].filter((part) => part !== '').join(' ');
  const rest = Object.entries(entry).filter(([name]) => !placed.has(name));
  const parts = [
    text('time').slice(11, 23),
    text('level').toUpperCase().padEnd(5),
    where === '' ? '' : `[${where}]`,
    text('message'),
    ...rest.map(([name, value]) => `${name}=${show(value)}`),
  ];
  const stack = entry['stack'] === undefined ? '' : `\n${text('stack')}`;
  return `${parts.filter((part) => part !== '').join(' ')}${stack}\n`.replace(unprintable, '\ufffd');
}

function show(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(4)));
  return JSON.stringify(value);
}
