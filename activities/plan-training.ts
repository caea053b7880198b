import type { Parameters } from '../predictor/config.js';
import {
  chooseEngine,
  type EnginePlan,
  needsTensorflowState,
  type TensorflowState,
} from '../predictor/engine/choose-engine.js';
import { modelShape } from '../predictor/model/model-shape.js';
import type { Placement } from '../workflows/contract.js';
import { withHeartbeat } from './heartbeat.js';
import type { Tell } from './telemetry.js';

/** What a training worker knows of its machine. */
export interface Machine {
  /** Whether there is an NVIDIA driver: without one TensorFlow need not be loaded to know that it finds no GPU. */
  hasNvidiaDriver(): boolean;
  /** All that decides the bits of the WebAssembly engine here. */
  wasmRuntime(fastMath: boolean): string;
  /** Loads TensorFlow elsewhere and says what it finds. */
  probeTensorflow(signal: AbortSignal, tell: Tell): Promise<TensorflowState>;
}

export interface PlanRequest {
  readonly run: string;
  readonly parameters: Parameters;
  readonly placement: Placement;
}

/**
 * Decides, once per run, what trains.
 * @throws EngineUnavailableError if what was asked for is not on this worker
 */
export function planTraining(
  machine: Machine,
  { parameters, placement }: PlanRequest,
  tell: Tell,
): Promise<EnginePlan> {
  const shape = modelShape(parameters);
  const { batchSize } = parameters;
  // A worker for CPUs leaves a GPU of its machine to the worker for that.
  const here = placement.device === 'cpu' ? { ...parameters, device: 'cpu' as const } : parameters;
  return withHeartbeat({ stage: 'train', done: 0, unit: 'steps' }, async (_, signal) => {
    const tensorflow = needsTensorflowState(here, shape, batchSize, machine.hasNvidiaDriver())
      ? await machine.probeTensorflow(signal, tell)
      : undefined;
    const choice = chooseEngine(here, shape, batchSize, tensorflow);
    const runtime =
      choice.engine === 'wasm'
        ? machine.wasmRuntime(choice.fastMath)
        : (tensorflow?.runtimes[choice.device] ?? 'tensorflow');
    const reason =
      placement.device === 'cpu' && parameters.device === 'auto' ? placement.reason : choice.reason;
    const plan = { ...choice, reason, runtime };
    tell({ kind: 'planned', ...plan });
    return plan;
  });
}
