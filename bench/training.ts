/**
 * `npm run bench:train [-- --repetitions N] [--table training|sizes|process] [--quick]`: training beside its peers, in
 * one run, in turn, as ratios. Markdown on standard output, JSON in bench/results/training.json.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runMain } from '../infra/pieces.js';
import { trainingField } from './contenders.js';
import { ratingsFile, writeWindows } from './data.js';
import { runInTurn } from './in-turn.js';
import { machine, writeResults } from './machine.js';
import { sizeTable, type TrainingRun, trainingRows, trainingTable } from './report.js';
import { measureSizes, sizes } from './sizes.js';
import { measureMemory, measureStart, startAndMemory } from './start-up.js';

const tables = ['training', 'sizes', 'process'] as const;
await runMain(async () => {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      repetitions: { type: 'string' },
      table: { type: 'string' },
    },
  });
  const { quick } = values;
  const repetitions = Number(values.repetitions ?? (quick ? 1 : 5));
  if (!Number.isInteger(repetitions) || repetitions < 1)
    throw new Error(
      `Expected --repetitions to be a whole number above 0, got \`${values.repetitions ?? ''}\``,
    );
  if (values.table !== undefined && !tables.some((name) => name === values.table))
    throw new Error(`Expected --table to be one of ${tables.join(', ')}, got \`${values.table}\``);
  const wants = (table: (typeof tables)[number]): boolean =>
    values.table === undefined ? table !== 'sizes' || !quick : values.table === table;
  const epochs = quick ? 2 : 10;
  const times = repetitions === 1 ? 'once' : `${repetitions} times in turn`;

  const folder = await mkdtemp(join(tmpdir(), 'streamsage-bench-'));
  try {
    const { file: ratings, data } = await ratingsFile(folder);
    const started = new Date().toISOString();
    // Written after each table: what was measured stays if the rest is stopped.
    const report: Record<string, unknown> = { started, machine: machine(), data, repetitions };
    console.log(`${machine()}; ${data}; ${started}; ratios are medians with their ends\n`);

    if (wants('training')) {
      const windows = join(folder, 'windows-5');
      const { train } = await writeWindows(ratings, 5, windows);
      const whole = { epochs, steps: Math.ceil(train / 32) };
      const { contenders, leftOut } = await trainingField({
        ...{ ratings, windows, steps: 5, batch: 32, epochs },
        fewEpochs: Math.min(epochs, 3),
      });
      const runs = await runInTurn<TrainingRun>(contenders, repetitions);
      const observed = runs.map((observations, index) => ({ name: contenders[index]!.name, observations }));
      const rows = trainingRows(observed, whole);
      console.log(
        `### Training: ${epochs} epochs of ${whole.steps} steps of 32 windows, validation after each; ${times}\n`,
      );
      console.log(trainingTable(rows, whole));
      for (const { name, why } of leftOut) console.log(`Left out: ${name}, because ${why}.\n`);
      report['training'] = { ...whole, rows, leftOut, observed };
      await writeResults('training', report);
    }
    if (wants('process')) {
      const start = await measureStart(ratings, repetitions);
      const memory = await measureMemory(ratings, epochs);
      console.log('### The training process\n');
      console.log(startAndMemory(start, memory));
      report['process'] = { start, memory };
      await writeResults('training', report);
    }
    if (wants('sizes')) {
      const chosen = quick ? sizes.slice(0, 2) : sizes;
      const measured = await measureSizes(chosen, ratings, folder, repetitions);
      console.log(`### Other sizes, steps alone; ${times}\n`);
      console.log(sizeTable(measured.names, measured.rows));
      report['sizes'] = measured;
    }
    console.error(`JSON: ${await writeResults('training', report)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
