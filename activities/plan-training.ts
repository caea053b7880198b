import type { Parameters } from '../predictor/config.js';
import {
  chooseEngine,
  type EngineChoice,
  needsTensorflowState,
  type TensorflowState,
} from '../predictor/engine/choose-engine.js';
import type { TrainingPlan } from '../workflows/contract.js';

/** What a training worker knows of its machine. */
export interface Machine {
  /** Whether there is an NVIDIA driver: without one TensorFlow need not be loaded to know that it finds no GPU. */
  hasNvidiaDriver(): boolean;
  /** Architecture and type of the processor. */
  processorName(): string;
  /** Loads TensorFlow elsewhere and says what it finds. */
  probeTensorflow(): Promise<TensorflowState>;
}

/** Features in a row of the ratings table: rating and time_diff, scaled. */
const features = 2;

/**
 * Decides, once per run, what trains.
 * @throws EngineUnavailableError if what was asked for is not on this worker
 */
export async function planTraining(machine: Machine, parameters: Parameters): Promise<TrainingPlan> {
  const tensorflow = needsTensorflowState(parameters, machine.hasNvidiaDriver())
    ? await machine.probeTensorflow()
    : undefined;
  const { sequenceLength, lstmUnits, denseUnits, batchSize } = parameters;
  const shape = { steps: sequenceLength, features, units: lstmUnits, denseUnits };
  const choice = chooseEngine(parameters, shape, batchSize, tensorflow);
  return { ...choice, runtime: runtimeOf(choice, machine, tensorflow) };
}

/** Two runs of equal runtimes, data and parameters have equal bytes. */
function runtimeOf(
  { engine, device, fastMath }: EngineChoice,
  machine: Machine,
  tensorflow: TensorflowState | undefined,
): string {
  if (engine === 'tensorflow') return tensorflow?.runtimes[device] ?? 'tensorflow';
  return fastMath ? `wasm fast-math ${machine.processorName()}` : 'wasm';
}
