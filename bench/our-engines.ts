/** Our engines, by the word that chooses one on a contender's command line. Each has a row in the table of training. */
import type { EngineOptions, TrainingEngine } from '../predictor/engine/engine.js';
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
};
