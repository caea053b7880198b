/**
 * `npm run bench [-- --quick]`: preprocessing and training beside their peers, in one run, as ratios. Markdown on
 * standard output, JSON in bench/results/.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePython } from '../infra/python.js';
import { syntheticRatings } from '../predictor/ratings/synthetic.js';
import { asMarkdown, type Contender, measure } from './measure.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const quick = process.argv.includes('--quick');

/** The real ratings if they are at hand: STREAMSAGE_SOURCE (a ratings file), or beside the project; else made-up ones. */
async function ratingsFile(folder: string): Promise<{ file: string; data: string }> {
  const configured = process.env['STREAMSAGE_SOURCE'];
  const shared = fileURLToPath(new URL('../../shared/data/ml-100k/u.data', import.meta.url));
  for (const file of [configured, shared]) {
    if (file && existsSync(file) && !file.endsWith('.zip')) return { file, data: 'MovieLens 100K' };
  }
  const file = join(folder, 'u.data');
  await writeFile(file, syntheticRatings());
  return { file, data: 'synthetic ratings' };
}

/** Our side runs as it is shipped: compiled JavaScript, no loader. */
function ours(name: string, script: string, ...parameters: string[]): Contender {
  const compiled = join(here, '..', 'dist', 'bench', `${script}.js`);
  return { name, program: process.execPath, parameters: [compiled, ...parameters] };
}

const folder = await mkdtemp(join(tmpdir(), 'streamsage-bench-'));
try {
  const { file, data } = await ratingsFile(folder);
  const python = await ensurePython();
  if (!python) console.error('Python 3.10 or newer with venv is missing: its contenders are left out.');
  const theirs = (name: string, script: string, ...parameters: string[]): Contender[] =>
    python ? [{ name, program: python, parameters: [join(here, 'python', script), ...parameters] }] : [];
  const epochs = quick ? 1 : 10;
  const preprocessing = await measure(
    [
      ours('StreamSage', 'our-preprocessing', file),
      ...theirs('pandas and scikit-learn, as in the notebook', 'preprocessing.py', 'pandas', file),
      ...theirs('NumPy, vectorised', 'preprocessing.py', 'numpy', file),
    ],
    quick ? 3 : 7,
  );
  const training = await measure(
    [
      ours('StreamSage, WebAssembly on one thread', 'our-training', file, String(epochs)),
      ...theirs('Keras on TensorFlow, as in the notebook', 'training.py', 'notebook', file, String(epochs)),
      ...theirs('Keras, steps_per_execution=100', 'training.py', 'tuned', file, String(epochs)),
    ],
    quick ? 1 : 3,
  );
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.versions.node}`;
  console.log(`${machine}; ${data}\n`);
  console.log(asMarkdown('Preprocessing: file → sorted, scaled, windows, split', preprocessing));
  console.log(
    asMarkdown(
      `Training: ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}, batches of 32, validation included`,
      training,
    ),
  );
  await mkdir(join(here, 'results'), { recursive: true });
  const report = { machine, data, epochs, preprocessing, training };
  await writeFile(join(here, 'results', 'latest.json'), `${JSON.stringify(report, undefined, 2)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
