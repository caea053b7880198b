import type { Parameters } from '../config.js';
import { EngineUnavailableError } from '../errors.js';
import type { ModelShape } from '../model/weights.js';

export type EngineName = 'wasm' | 'tensorflow';
export type Device = 'cpu' | 'gpu';

/** What trains, decided once per run. */
export interface EngineChoice {
  readonly engine: EngineName;
  readonly device: Device;
  readonly fastMath: boolean;
  /** Why, in a sentence. */
  readonly reason: string;
}

/** A choice, and all that decides the last bits of what it computes. */
export interface EnginePlan extends EngineChoice {
  /** Engine, version or digest of its code, and where bits depend on the machine, device and processor. */
  readonly runtime: string;
}

/** What a machine has beside the WebAssembly engine. */
export interface TensorflowState {
  /** Whether the native runtime loads, and what it finds. */
  readonly available: boolean;
  readonly gpu: boolean;
  /** For each device that is there: version, device and its type, by which results may differ in the last bit. */
  readonly runtimes: Readonly<Partial<Record<Device, string>>>;
  /** What is missing, and what to type, where it is not available. */
  readonly reason: string;
}

/**
 * Multiply-adds of one step from which `auto` takes a GPU. The WebAssembly engine does the 6.7 million of the notebook's
 * step in 0.35 ms; a step on TensorFlow costs 0.25 ms in the dispatch of its 43 kernels alone, however fast they are
 * (docs/decisions/0005-tensorflow-engine.md). At eight times the notebook's step the WebAssembly engine takes ten times
 * that floor. Both were measured on a CPU: a measurement on a GPU may move the line.
 */
export const gpuGainsFrom = 53_000_000;

/** Multiply-adds in one step, forward and backward: three products of each kernel, the first step without a past. */
export function multiplyAddsPerStep(
  { steps, features, units, denseUnits }: ModelShape,
  batchSize: number,
): number {
  const recurrent = 3 * (steps - 1) * units * 4 * units;
  const inputs = 2 * steps * features * 4 * units;
  const head = 3 * (units * denseUnits + denseUnits);
  return batchSize * (recurrent + inputs + head);
}

/** On which kind of worker a training belongs; `either`: on one for GPUs, if there is one. */
export interface DevicePreference {
  readonly device: Device | 'either';
  readonly reason: string;
}

/** Says by parameters alone where a training belongs: the worker there chooses the engine (`chooseEngine`). */
export function preferredDevice(
  { engine, device, fastMath }: Pick<Parameters, 'engine' | 'device' | 'fastMath'>,
  shape: ModelShape,
  batchSize: number,
): DevicePreference {
  if (device !== 'auto') return { device, reason: 'asked for' };
  if (engine === 'wasm') return { device: 'cpu', reason: 'asked for' };
  if (fastMath) return { device: 'cpu', reason: 'asked for: fast-math is its option' };
  if (engine === 'tensorflow') return { device: 'either', reason: 'TensorFlow was asked for' };
  const work = multiplyAddsPerStep(shape, batchSize);
  return work < gpuGainsFrom
    ? { device: 'cpu', reason: `${millions(work)} are too few for a GPU to gain` }
    : { device: 'either', reason: `${millions(work)} are enough for a GPU to gain` };
}

function millions(work: number): string {
  return `${(work / 1e6).toFixed(0)} million multiply-adds a step`;
}

/** Whether the choice depends on what TensorFlow finds on this machine. */
export function needsTensorflowState(
  { engine, device, fastMath }: Pick<Parameters, 'engine' | 'device' | 'fastMath'>,
  shape: ModelShape,
  batchSize: number,
  hasNvidiaDriver: boolean,
): boolean {
  if (engine === 'wasm' || fastMath) return false;
  if (engine === 'tensorflow' || device === 'gpu') return true;
  return device === 'auto' && hasNvidiaDriver && multiplyAddsPerStep(shape, batchSize) >= gpuGainsFrom;
}

/**
 * Decides what trains.
 * @param tensorflow absent where it does not matter (`needsTensorflowState`)
 * @throws EngineUnavailableError if what was asked for is not there
 */
export function chooseEngine(
  { engine, device, fastMath }: Pick<Parameters, 'engine' | 'device' | 'fastMath'>,
  shape: ModelShape,
  batchSize: number,
  tensorflow?: TensorflowState,
): EngineChoice {
  const wasm = (reason: string): EngineChoice => ({ engine: 'wasm', device: 'cpu', fastMath, reason });
  const onTensorflow = (on: Device, reason: string): EngineChoice => ({
    engine: 'tensorflow',
    device: on,
    fastMath: false,
    reason,
  });
  if (engine === 'wasm') return wasm('asked for');
  if (fastMath) return wasm('asked for: fast-math is its option');
  if (engine === 'tensorflow' || device === 'gpu') {
    if (!tensorflow?.available) {
      throw new EngineUnavailableError(
        `Expected TensorFlow on the training worker, as --${engine === 'tensorflow' ? 'engine tensorflow' : 'device gpu'} ` +
          `asks: ${tensorflow?.reason ?? 'it was not looked for'}`,
      );
    }
    if (device === 'gpu' && !tensorflow.gpu) {
      throw new EngineUnavailableError(
        `Expected a GPU that TensorFlow can use on the training worker, as --device gpu asks: ${tensorflow.reason}`,
      );
    }
    if (device === 'cpu' || !tensorflow.gpu) {
      return onTensorflow('cpu', device === 'cpu' ? 'asked for' : 'asked for; TensorFlow finds no GPU here');
    }
    return onTensorflow('gpu', device === 'gpu' ? 'asked for' : 'asked for; TensorFlow finds a GPU here');
  }
  if (device === 'cpu') return wasm('the engine for the CPU');
  const work = multiplyAddsPerStep(shape, batchSize);
  if (work < gpuGainsFrom) return wasm(`${millions(work)} are too few for a GPU to gain`);
  if (tensorflow && !tensorflow.available) return wasm(`TensorFlow is not ready: ${tensorflow.reason}`);
  if (!tensorflow?.gpu) return wasm('no GPU here that TensorFlow can use');
  return onTensorflow('gpu', `a GPU is here, and ${millions(work)} are enough for it to gain`);
}
