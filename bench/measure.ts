import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A contender: a process that prints `{ "seconds": …, "peakBytes": … }` of its own work as the last line. */
export interface Contender {
  readonly name: string;
  readonly program: string;
  readonly parameters: readonly string[];
}

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

/** Measures the contenders one after the other, `repetitions` times in turn, each time in a process of its own. */
export async function measure(contenders: readonly Contender[], repetitions: number): Promise<Measured[]> {
  const seconds = contenders.map(() => [] as number[]);
  const peaks = contenders.map(() => 0);
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const [index, { name, program, parameters }] of contenders.entries()) {
      console.error(`  ${repetition + 1}/${repetitions}  ${name}`);
      const { stdout } = await run(program, parameters, {
        env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' },
        maxBuffer: 1 << 26,
      });
      const printed = JSON.parse(stdout.trim().split('\n').at(-1)!) as { seconds: number; peakBytes: number };
      seconds[index]!.push(printed.seconds);
      peaks[index] = Math.max(peaks[index]!, printed.peakBytes);
    }
  }
  const medians = seconds.map((values) => median(values));
  return contenders.map(({ name }, index) => ({
    name,
    seconds: medians[index]!,
    fastest: Math.min(...seconds[index]!),
    slowest: Math.max(...seconds[index]!),
    peakMegabytes: peaks[index]! / 1e6,
    ratio: medians[index]! / medians[0]!,
  }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
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
