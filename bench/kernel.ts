/**
 * `node --import tsx bench/kernel.ts [--all] [KERNEL.wasm ...]`: microseconds a step of the kernel as built, of that for `fastMath`
 * where the runtime has it, and of other builds, in turn within one process. Fastest and median: on a machine that others
 * use, compare the fastest.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fastKernelFile, kernelFile } from '../infra/build-kernel.js';
import type { Kernel } from '../predictor/engine/wasm/kernel-module.js';
import { packedLayout } from '../predictor/engine/wasm/packed-layout.js';
import { median } from './statistics.js';

declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: object } }>;
};

const usual = { batch: 32, steps: 5, units: 64, predict: false };
const sizes = process.argv.includes('--all')
  ? [
      usual,
      ...[1, 33, 128, 1024, 4096].map((batch) => ({ ...usual, batch })),
      ...[1, 20, 50].map((steps) => ({ ...usual, steps })),
      ...[8, 50, 128].map((units) => ({ ...usual, units })),
      { ...usual, batch: 1024, predict: true },
    ]
  : [usual];
const windowCount = 8192;
const repetitions = 100;

/** One training step, or one prediction, of a batch of made-up windows in scattered order. */
function createStep(kernel: Kernel, { batch, steps, units, predict }: typeof usual): () => void {
  const shape = { steps, features: 2, units, denseUnits: 32 };
  kernel.configure(steps, shape.features, units, shape.denseUnits);
  const place = (values: Float32Array | Int32Array | Uint8Array) => {
    const at = kernel.allocate(values.byteLength);
    new Uint8Array(kernel.memory.buffer, at, values.byteLength).set(new Uint8Array(values.buffer));
    return at;
  };
  const numbers = Int32Array.from({ length: windowCount }, (_, index) => index);
  const wave = (index: number) => Math.sin(index * index);
  const features = place(Float32Array.from({ length: (windowCount + steps) * 2 }, (_, index) => wave(index)));
  const firstRows = place(numbers);
  const labels = place(Uint8Array.from(numbers, (index) => Number(wave(index) > 0)));
  const order = place(numbers.map((index) => (index * 4099) % windowCount));
  const out = kernel.allocate(windowCount * 4);
  kernel.useWindows(features, firstRows, labels);
  const { places, size } = packedLayout(shape);
  const weights = new Float32Array(kernel.memory.buffer, kernel.weightsAt(), size);
  for (const where of Object.values(places)) for (const at of where) weights[at] = 0.12 * wave(at + 1);
  const chunks = Array.from({ length: Math.ceil(batch / 32) }, (_, index) => index * 32);
  let first = 0;
  return () => {
    first = first + batch > windowCount ? 0 : first;
    if (!predict) kernel.beginBatch();
    for (const done of chunks) {
      const rows = Math.min(32, batch - done);
      if (predict) kernel.predict(first + done, rows, out);
      else
        kernel.addGradients(order, first + done, rows, first, 1 / batch, first, first, 0.2 * 2 ** 24, 1.25);
    }
    if (!predict) kernel.adam(0.001);
    first += batch;
  };
}

const files = [
  kernelFile,
  fastKernelFile,
  ...process.argv.slice(2).filter((argument) => !argument.startsWith('--')),
];
const kernels = (
  await Promise.all(files.map(async (file) => ({ file, bytes: await readFile(file) })))
).filter(({ bytes }) => WebAssembly.validate(bytes));
const abort = () => {
  throw new Error('The WebAssembly kernel aborted');
};
for (const size of sizes) {
  const contenders = await Promise.all(
    kernels.map(async ({ file, bytes }) => {
      const { instance } = await WebAssembly.instantiate(bytes, { env: { abort } });
      return { file, step: createStep(instance.exports as Kernel, size), times: [] as number[] };
    }),
  );
  const time = (step: () => void, count: number) => {
    const started = performance.now();
    for (let index = 0; index < count; index++) step();
    return ((performance.now() - started) * 1000) / count;
  };
  // Until V8 has compiled them for the second time.
  for (const { step } of contenders)
    for (const end = performance.now() + 300; performance.now() < end;) step();
  const count = Math.ceil(3000 / time(contenders[0]!.step, 3));
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const { step, times } of contenders) times.push(time(step, count));
  }
  const results = contenders.map(
    ({ file, times }) =>
      `${basename(file, '.wasm')} ${Math.min(...times).toFixed(1)} (median ${median(times).toFixed(1)})`,
  );
  const { batch, steps, units, predict } = size;
  console.log(
    `${predict ? 'predict' : 'train'} ${batch} × ${steps} steps, ${units} units: ${results.join(', ')}`,
  );
}
