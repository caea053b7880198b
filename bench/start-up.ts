/** The training process as the worker runs it: how soon it trains, and what it holds. */
import { type ChildObservation, observeChild, trainingJob } from './training-child.js';
import { type Spread, spread } from './statistics.js';

/** Ms from the fork to the end of the first step. */
export async function measureStart(ratings: string, repetitions: number): Promise<Spread> {
  const job = await trainingJob(ratings, 1);
  const milliseconds: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    console.error(`  ${repetition + 1}/${repetitions}  start of the training process`);
    milliseconds.push((await observeChild(job)).firstStepMs);
  }
  return spread(milliseconds);
}

export async function measureMemory(ratings: string, epochs: number): Promise<ChildObservation> {
  console.error(`  1/1  memory of the training process over ${epochs} epochs`);
  return observeChild(await trainingJob(ratings, epochs));
}

export function startAndMemory(start: Spread, { residentBytes, peakBytes }: ChildObservation): string {
  const megabytes = (bytes: number | undefined): string =>
    bytes === undefined ? 'unknown' : (bytes / 1e6).toFixed(0);
  return [
    `From the fork of the training process to the end of its first step: ${start.median.toFixed(0)} ms (${start.least.toFixed(0)} – ${start.most.toFixed(0)}).`,
    '',
    peakBytes === undefined
      ? 'Memory of the training process: left out, it is read from /proc, which is not here.'
      : `Memory of the training process: peak ${megabytes(peakBytes)} MB; after each epoch ${residentBytes.map(megabytes).join(', ')} MB.`,
    '',
  ].join('\n');
}
