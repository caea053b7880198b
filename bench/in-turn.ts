import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A contender: a process that prints an object of JSON about its own work as the last line. */
export interface Contender {
  readonly name: string;
  readonly program: string;
  readonly parameters: readonly string[];
}

/**
 * Runs the contenders one after the other, `repetitions` times in turn, each time in a process of its own.
 * @returns for each contender what it printed, repetition by repetition, and how long its process lived
 * @throws {Error} with what the contender wrote, if one fails
 */
export async function runInTurn<Printed>(
  contenders: readonly Contender[],
  repetitions: number,
): Promise<(Printed & { processSeconds: number })[][]> {
  const printed = contenders.map(() => [] as (Printed & { processSeconds: number })[]);
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const [index, { name, program, parameters }] of contenders.entries()) {
      console.error(`  ${repetition + 1}/${repetitions}  ${name}`);
      const started = performance.now();
      const { stdout } = await run(program, parameters, {
        env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' },
        maxBuffer: 1 << 26,
      });
      const processSeconds = (performance.now() - started) / 1000;
      printed[index]!.push({
        ...(JSON.parse(stdout.trim().split('\n').at(-1)!) as Printed),
        processSeconds,
      });
    }
  }
  return printed;
}
