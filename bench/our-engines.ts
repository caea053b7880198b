/** Our engines, by the word that chooses one on a contender's command line. Each has a row in the table of training. */
import { setFlagsFromString } from 'node:v8';
import type { EngineOptions, TrainingEngine } from '../predictor/engine/engine.js';
import { hasTensorflow, loadTensorflow } from '../adapters/tensorflow.js';
import { createTensorflowEngine } from '../predictor/engine/tensorflow/tensorflow-engine.js';
import { createWasmEngine } from '../predictor/engine/wasm/wasm-engine.js';

export interface OurEngine {
  /** Of its row. */
  readonly title: string;
  readonly create: (options: EngineOptions) => Promise<TrainingEngine>;
  /** Why it cannot run here; undefined if it can. */
  readonly missing?: () => string | undefined;
}

/** The first is what the others are compared with. */
export const ourEngines: Readonly<Record<string, OurEngine>> = {
  wasm: { title: 'StreamSage, WebAssembly', create: createWasmEngine },
  fastMath: {
    title: 'StreamSage, --fast-math',
    create(options) {
      // What the training child is started with where Node has relaxed SIMD behind a flag.
      if (Number.parseInt(process.versions.node) < 22) setFlagsFromString('--experimental-wasm-relaxed-simd');
      return createWasmEngine({ ...options, fastMath: true });
    },
  },
  tensorflow: {
    title: 'StreamSage, TensorFlow on the CPU',
    create: (options) => Promise.resolve(createTensorflowEngine(loadTensorflow('cpu'), options)),
    missing: () => (hasTensorflow() ? undefined : 'it is not set up: npm run setup:tensorflow'),
  },
};
