import { UsageError } from './exit-codes.js';

/** Reads a flag's whole number from `least` to `most`. It throws UsageError, with the flag and the value. */
export function parseWhole(flag: string, least: number, most = Infinity): (text: string) => number {
  return (text) => parse(flag, text, 'whole number', [least, most], Number.isInteger);
}

function parse(
  flag: string,
  text: string,
  what: string,
  [least, most]: readonly [number, number],
  isOne: (value: number) => boolean,
): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (isOne(value) && value >= least && value <= most) return value;
  const range = most === Infinity ? `from ${least}` : `from ${least} to ${most}`;
  throw new UsageError(`Expected \`${flag}\` to be a ${what} ${range}, got \`${text}\``);
}
