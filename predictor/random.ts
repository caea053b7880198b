const size = 624;
const shift = 397;

/**
 * NumPy's legacy generator, `numpy.random.RandomState(seed)`, number for number: MT19937 (M. Matsumoto and
 * T. Nishimura, 1998), seeded as `init_genrand`. scikit-learn's split is made of it.
 */
export class RandomState {
  private readonly state = new Uint32Array(size);
  private position = size;

  /** @param seed from 0 to 2³² − 1 */
  constructor(seed: number) {
    this.state[0] = seed;
    for (let index = 1; index < size; index++) {
      const previous = this.state[index - 1]!;
      this.state[index] = Math.imul(1_812_433_253, previous ^ (previous >>> 30)) + index;
    }
  }

  /** Next of the generator's words, from 0 to 2³² − 1. */
  uint32(): number {
    if (this.position === size) this.refill();
    let word = this.state[this.position++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    word ^= word >>> 18;
    return word >>> 0;
  }

  /** Uniform in [0, 1) with 53 bits, as `random_sample()`. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  /** Uniform whole number from 0 to `maximum` (below 2³²), by masked rejection. */
  interval(maximum: number): number {
    if (maximum === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(maximum);
    for (;;) {
      const value = (this.uint32() & mask) >>> 0;
      if (value <= maximum) return value;
    }
  }

  /** Permutation of 0 … count − 1, as `permutation(count)`: Fisher–Yates from the end. */
  permutation(count: number): Int32Array {
    const order = new Int32Array(count);
    for (let index = 0; index < count; index++) order[index] = index;
    for (let last = count - 1; last > 0; last--) {
      const other = this.interval(last);
      const kept = order[last]!;
      order[last] = order[other]!;
      order[other] = kept;
    }
    return order;
  }

  private refill(): void {
    const { state } = this;
    for (let index = 0; index < size; index++) {
      const mixed = (state[index]! & 0x80000000) | (state[(index + 1) % size]! & 0x7fffffff);
      state[index] = state[(index + shift) % size]! ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.position = 0;
  }
}

/** Murmur3's finaliser (A. Appleby): mixes 32 bits so that each bit of the input changes half of those that come out. */
export function mix32(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** What a derived seed is for: each purpose draws from a stream of its own. */
export const seedPurposes = { initialWeights: 1, epochOrder: 2, dropoutCounter: 3, dropoutKey: 4 } as const;

/** A seed of 32 bits for one purpose, and for one epoch or step of it. */
export function deriveSeed(seed: number, purpose: keyof typeof seedPurposes, index = 0): number {
  return mix32(mix32(mix32(seed) + Math.imul(seedPurposes[purpose], 0x9e3779b9)) + index);
}
