/** Who is measured in training, one entry each, and who is left out and why. */
import { join } from 'node:path';
import type { Contender } from './in-turn.js';
import { ourEngines } from './our-engines.js';
import { benchFolder, nativePeer, type Peer, pythonPeer, tfjsPeer } from './peers.js';

/** The notebook's training, and how much of it the slow contenders do. */
export interface Workload {
  /** Ratings file: what our engines read. */
  readonly ratings: string;
  /** Folder of their windows (data.ts): what the peers read. */
  readonly windows: string;
  readonly steps: number;
  readonly batch: number;
  readonly epochs: number;
  /** Epochs of the slow contenders. */
  readonly fewEpochs: number;
  /** Take only the first so many windows of each part. */
  readonly limits?: readonly [train: number, test: number];
}

export interface Field {
  /** Ours first: the others are compared with it. */
  readonly contenders: readonly Contender[];
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
}

/** Our side runs as it is shipped: compiled JavaScript, no loader. */
export function ours(name: string, script: string, ...parameters: (string | number)[]): Contender {
  const compiled = join(benchFolder, '..', 'dist', 'bench', `${script}.js`);
  return { name, program: process.execPath, parameters: [compiled, ...parameters.map(String)] };
}

/** @param engine one of ourEngines */
export function ourTraining(engine: string, { ratings, steps, batch, epochs, limits }: Workload): Contender {
  const title = ourEngines[engine]!.title;
  return ours(title, 'our-training', engine, ratings, steps, batch, epochs, ...(limits ?? []));
}

export function jaxParameters(
  kind: 'autodiff' | 'by-hand',
  threads: 'one-thread' | 'all-cores',
  { windows, steps, batch, epochs, limits }: Workload,
): string[] {
  const numbers = [steps, batch, epochs, ...(limits ?? [])];
  return [python('jax_training.py'), kind, threads, windows, ...numbers.map(String)];
}

export function kerasParameters(kind: 'notebook' | 'tuned', workload: Workload, epochs: number): string[] {
  return [
    python('keras_training.py'),
    kind,
    workload.windows,
    ...[workload.steps, workload.batch, epochs].map(String),
  ];
}

/** What tfjs trains instead of an epoch. */
const tfjsSteps = 100;

/** Everyone in the table of training. Sets up what can be set up. */
export async function trainingField(workload: Workload): Promise<Field> {
  const { windows, steps, batch, epochs, fewEpochs } = workload;
  const [keras, jax, torch, native] = [
    await pythonPeer('keras'),
    await pythonPeer('jax'),
    await pythonPeer('torch'),
    await nativePeer(),
  ];
  const size = [windows, steps, batch].map(String);
  const candidates: readonly (readonly [name: string, peer: Peer, parameters: readonly string[]])[] = [
    ['C for this processor, one thread', native, [windows, String(batch), String(epochs)]],
    ['JAX, backward pass by hand, one thread', jax, jaxParameters('by-hand', 'one-thread', workload)],
    ['JAX, one thread', jax, jaxParameters('autodiff', 'one-thread', workload)],
    ['PyTorch, one thread', torch, [python('torch_training.py'), ...size, String(fewEpochs)]],
    ['Keras, steps_per_execution=100', keras, kerasParameters('tuned', workload, fewEpochs)],
    ['Keras, as in the notebook', keras, kerasParameters('notebook', workload, fewEpochs)],
    [
      'tfjs-node, model.fit',
      tfjsPeer(),
      [...ours('', 'tfjs-training').parameters, ...size, '3', String(tfjsSteps * batch)],
    ],
  ];
  const contenders: Contender[] = [];
  const leftOut: { name: string; why: string }[] = [];
  for (const [engine, { title, missing }] of Object.entries(ourEngines)) {
    const why = missing?.();
    if (why === undefined) contenders.push(ourTraining(engine, workload));
    else leftOut.push({ name: title, why });
  }
  for (const [name, peer, parameters] of candidates) {
    if ('missing' in peer) leftOut.push({ name, why: peer.missing });
    else contenders.push({ name, program: peer.program, parameters });
  }
  return { contenders, leftOut };
}

function python(script: string): string {
  return join(benchFolder, 'python', script);
}
