/** Training at other sizes, beside JAX (its faster way: the backward pass by hand): is there one at which we fall off? */
import { join } from 'node:path';
import { jaxParameters, ourTraining, type Workload } from './contenders.js';
import { writeWindows } from './data.js';
import { type Contender, runInTurn } from './in-turn.js';
import { pythonPeer } from './peers.js';
import { type SizeRow, sizeRow, type TrainingRun } from './report.js';

export interface Size {
  readonly batch: number;
  readonly steps: number;
}

/** The notebook's size, then one thing changed at a time. */
export const sizes: readonly Size[] = [
  ...[32, 128, 512, 1024, 4096].map((batch) => ({ batch, steps: 5 })),
  ...[10, 20, 50].map((steps) => ({ batch: 32, steps })),
];

/** Two of the largest batches, and a validation that is not what is measured. */
const limits = [8192, 1024] as const;
const epochs = 4;

/** @param folder for the windows' files */
export async function measureSizes(
  measured: readonly Size[],
  ratings: string,
  folder: string,
  repetitions: number,
): Promise<{ names: string[]; rows: SizeRow[] }> {
  const jax = await pythonPeer('jax');
  const contendersAt = (workload: Workload): Contender[] => [
    { ...ourTraining('wasm', workload), name: 'StreamSage' },
    ...('missing' in jax
      ? []
      : [
          {
            name: 'JAX on one thread',
            program: jax.program,
            parameters: jaxParameters('by-hand', 'one-thread', workload),
          },
          {
            name: 'JAX on all cores',
            program: jax.program,
            parameters: jaxParameters('by-hand', 'all-cores', workload),
          },
        ]),
  ];
  const rows: SizeRow[] = [];
  let names: string[] = [];
  for (const { batch, steps } of measured) {
    const windows = join(folder, `windows-${steps}`);
    await writeWindows(ratings, steps, windows);
    const workload = {
      ratings,
      windows,
      steps,
      batch,
      epochs,
      fewEpochs: epochs,
      limits,
    };
    const contenders = contendersAt(workload);
    names = contenders.map(({ name }) => name);
    console.error(`batches of ${batch}, windows of ${steps}`);
    const runs = await runInTurn<TrainingRun>(contenders, repetitions);
    const observed = runs.map((observations, index) => ({ name: names[index]!, observations }));
    rows.push(sizeRow(batch, steps, limits[0], observed));
  }
  return { names, rows };
}
