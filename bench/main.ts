/**
 * `npm run bench [-- --quick]`: preprocessing and training beside their peers, in one run, as ratios. Markdown on
 * standard output, JSON in bench/results/latest.json. Training in more detail: `npm run bench:train` (training.ts).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kerasParameters, ours, ourTraining } from './contenders.js';
import { ratingsFile, writeWindows } from './data.js';
import type { Contender } from './in-turn.js';
import { machine, writeResults } from './machine.js';
import { asMarkdown, measure } from './measure.js';
import { benchFolder, pythonPeer } from './peers.js';

const quick = process.argv.includes('--quick');
const folder = await mkdtemp(join(tmpdir(), 'streamsage-bench-'));
try {
  const { file, data } = await ratingsFile(folder);
  const peer = await pythonPeer('keras');
  if ('missing' in peer) console.error(`The contenders in Python are left out: ${peer.missing}.`);
  const theirs = (name: string, ...parameters: string[]): Contender[] =>
    'missing' in peer ? [] : [{ name, program: peer.program, parameters }];
  const script = join(benchFolder, 'python', 'preprocessing.py');
  const preprocessing = await measure(
    [
      ours('StreamSage', 'our-preprocessing', file),
      ...theirs('pandas and scikit-learn, as in the notebook', script, 'pandas', file),
      ...theirs('NumPy, vectorised', script, 'numpy', file),
    ],
    quick ? 3 : 7,
  );
  const epochs = quick ? 1 : 10;
  const windows = join(folder, 'windows');
  await writeWindows(file, 5, windows);
  const workload = { ratings: file, windows, steps: 5, batch: 32, epochs, fewEpochs: epochs };
  const training = await measure(
    [
      ourTraining('wasm', workload),
      ...theirs('Keras on TensorFlow, as in the notebook', ...kerasParameters('notebook', workload, epochs)),
      ...theirs('Keras, steps_per_execution=100', ...kerasParameters('tuned', workload, epochs)),
    ],
    quick ? 1 : 3,
  );
  console.log(`${machine()}; ${data}\n`);
  console.log(asMarkdown('Preprocessing: file → sorted, scaled, windows, split', preprocessing));
  console.log(
    asMarkdown(
      `Training: ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}, batches of 32, validation included`,
      training,
    ),
  );
  await writeResults('latest', { machine: machine(), data, epochs, preprocessing, training });
} finally {
  await rm(folder, { recursive: true, force: true });
}
