import { dropoutMask, lastHidden, lastHiddenPacked, PANEL, unitPanels } from './memory';
import { transpose4 } from './tiles';
import { splat } from './vector';

// A mask is a function of (seed, step, row, unit), so there is no generator whose state could be lost.
// predictor/engine/dropout-mask.ts says the same in TypeScript.

/** Murmur3's finaliser on four numbers. */
// @ts-ignore: decorator
@inline function mix4(given: v128): v128 {
  let x = v128.xor(given, i32x4.shr_u(given, 16));
  x = i32x4.mul(x, i32x4.splat(0x85ebca6b));
  x = v128.xor(x, i32x4.shr_u(x, 13));
  x = i32x4.mul(x, i32x4.splat(0xc2b2ae35));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/**
 * Drops units of the last hidden state and scales the others.
 * @param key1, key2 of seed and step (dropout-mask.ts)
 * @param firstRow the chunk's first row within its batch
 */
export function drop(key1: i32, key2: i32, threshold: i32, scale: f32, firstRow: i32, rows: i32): void {
  const keep = splat(scale);
  const limit = i32x4.splat(threshold);
  const lanes = i32x4(0, 1, 2, 3);
  const first = i32x4.splat(key1);
  const second = i32x4.splat(key2);
  const blockBytes = <usize>unitPanels << 7;
  for (let four = 0; four < unitPanels << 1; four++) {
    const mask = dropoutMask + <usize>(four >> 1) * PANEL + ((four & 1) << 4);
    const packed = lastHiddenPacked + (<usize>four << 9);
    for (let i = 0; i < rows; i++) {
      const counter = i32x4.add(i32x4.splat(((firstRow + i) << 10) + (four << 2)), lanes);
      const random = mix4(v128.xor(mix4(i32x4.add(counter, first)), second));
      const kept = v128.and(i32x4.ge_s(i32x4.shr_u(random, 8), limit), keep);
      v128.store(mask + (<usize>i << 5), kept);
      const at = packed + (<usize>i << 4);
      v128.store(at, f32x4.mul(v128.load(at), kept));
    }
    for (let b = 0; b < rows >> 2; b++) {
      const row = packed + (<usize>b << 6);
      const to = lastHidden + <usize>b * blockBytes + (<usize>four << 6);
      transpose4(v128.load(row), v128.load(row, 16), v128.load(row, 32), v128.load(row, 48), to, 16);
    }
  }
}
