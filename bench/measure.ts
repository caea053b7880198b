import { type Contender, runInTurn } from './in-turn.js';
import { median } from './statistics.js';

export interface Measured {
  readonly name: string;
  /** Median over the repetitions. */
  readonly seconds: number;
  readonly fastest: number;
  readonly slowest: number;
  /** Largest resident size of the process. */
  readonly peakMegabytes: number;
  /** How many times as long as the first contender, by medians. */
  readonly ratio: number;
}

/** Measures contenders that print `{ "seconds": …, "peakBytes": … }`. */
export async function measure(contenders: readonly Contender[], repetitions: number): Promise<Measured[]> {
  const printed = await runInTurn<{ seconds: number; peakBytes: number }>(contenders, repetitions);
  const seconds = printed.map((ofOne) => ofOne.map((one) => one.seconds));
  const medians = seconds.map((values) => median(values));
  return contenders.map(({ name }, index) => ({
    name,
    seconds: medians[index]!,
    fastest: Math.min(...seconds[index]!),
    slowest: Math.max(...seconds[index]!),
    peakMegabytes: Math.max(...printed[index]!.map((one) => one.peakBytes)) / 1e6,
    ratio: medians[index]! / medians[0]!,
  }));
}

export function asMarkdown(title: string, rows: readonly Measured[]): string {
  return [
    `### ${title}`,
    '',
    '| | median, s | fastest – slowest, s | times ours | peak memory, MB |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(({ name, seconds, fastest, slowest, peakMegabytes, ratio }) => {
      const digits = seconds < 1 ? 3 : 2;
      const spread = `${fastest.toFixed(digits)} – ${slowest.toFixed(digits)}`;
      return `| ${name} | ${seconds.toFixed(digits)} | ${spread} | ${ratio.toFixed(1)} | ${peakMegabytes.toFixed(0)} |`;
    }),
    '',
  ].join('\n');
}
