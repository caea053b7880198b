import { deriveSeed, mix32 } from '../random.js';

/** What the kernel needs to make the masks of one step. */
export interface DropoutKeys {
  readonly counter: number;
  readonly key: number;
  /** Of 2²⁴ equally likely draws, those below it drop the unit. */
  readonly threshold: number;
  /** 1 / (1 − share), float32: keeps the expected sum. */
  readonly scale: number;
}

/** @param share of units to drop, from 0 to below 1 */
export function dropoutKeys(share: number, seed: number, step: number): DropoutKeys {
  return {
    counter: deriveSeed(seed, 'dropoutCounter', step),
    key: deriveSeed(seed, 'dropoutKey', step),
    threshold: Math.floor(share * 2 ** 24),
    scale: Math.fround(1 / (1 - share)),
  };
}

/**
 * What a unit's output is multiplied by: 0 or the scale. A function of seed, step, row and unit alone, so that there
 * is no generator whose state could be lost. The kernel computes the same (kernel/dropout.ts).
 * @param row within the batch
 */
export function dropoutMask(keys: DropoutKeys, row: number, unit: number): number {
  const counter = (row << 10) + unit;
  const draw = mix32(mix32(counter + keys.counter) ^ keys.key) >>> 8;
  return draw >= keys.threshold ? keys.scale : 0;
}
