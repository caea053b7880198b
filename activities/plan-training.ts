import type { Parameters } from '../predictor/config.js';
import {
  chooseEngine,
  type EnginePlan,
  needsTensorflowState,
  type TensorflowState,
} from '../predictor/engine/choose-engine.js';
import { featureCount } from '../predictor/ratings/features.js';
import { withHeartbeat } from './heartbeat.js';

/** What a training worker knows of its machine. */
export interface Machine {
  /** Whether there is an NVIDIA driver: without one TensorFlow need not be loaded to know that it finds no GPU. */
  hasNvidiaDriver(): boolean;
  /** All that decides the bits of the WebAssembly engine here. */
  wasmRuntime(fastMath: boolean): string;
  /** Loads TensorFlow elsewhere and says what it finds. */
  probeTensorflow(signal: AbortSignal): Promise<TensorflowState>;
}

/**
 * Decides, once per run, what trains.
 * @throws EngineUnavailableError if what was asked for is not on this worker
 */
export function planTraining(machine: Machine, parameters: Parameters): Promise<EnginePlan> {
  const { sequenceLength, lstmUnits, denseUnits, batchSize } = parameters;
  const shape = { steps: sequenceLength, features: featureCount, units: lstmUnits, denseUnits };
  return withHeartbeat({ stage: 'train', done: 0, unit: 'steps' }, async (_, signal) => {
    const tensorflow = needsTensorflowState(parameters, shape, batchSize, machine.hasNvidiaDriver())
      ? await machine.probeTensorflow(signal)
      : undefined;
    const choice = chooseEngine(parameters, shape, batchSize, tensorflow);
    const runtime =
      choice.engine === 'wasm'
        ? machine.wasmRuntime(choice.fastMath)
        : (tensorflow?.runtimes[choice.device] ?? 'tensorflow');
    return { ...choice, runtime };
  });
}
