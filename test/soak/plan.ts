import { RandomState } from '../../predictor/random.js';

/** Everything that is thrown at a run, by name, with how often each comes relative to the others. */
export const faultWeights = {
  'kill data worker': 3,
  'kill training worker': 3,
  'kill training child': 4,
  'drain data worker': 2,
  'drain training worker': 2,
  'suspend data worker': 1,
  'suspend training worker': 1,
  'suspend training child': 1,
  'restart Temporal': 2,
  'restart MinIO': 3,
  'store answers 503': 3,
  'store is slow': 2,
  'cut connections': 3,
  'cut an upload': 3,
  'delete an artifact': 2,
  'truncate an artifact': 2,
  'alter an artifact': 2,
  'alter a checkpoint': 2,
  'delete a record': 1,
  'cancel a run': 2,
  'collect garbage': 1,
} as const;

export type FaultName = keyof typeof faultWeights;

export interface PlannedFault {
  readonly name: FaultName;
  /** After the start of the soak, milliseconds. */
  readonly atMs: number;
  /** How long it lasts, where it lasts: milliseconds. */
  readonly lastsMs: number;
  /** Which of several is hit: a number from 0 up to 1. */
  readonly which: number;
}

/** Between one fault and the next, milliseconds. */
const shortestMs = 1000;
const longestMs = 9000;

/** The faults of so many minutes: the same for the same seed. Some come while another still lasts. */
export function planFaults(seed: number, minutes: number): PlannedFault[] {
  const random = new RandomState(seed);
  const faults: PlannedFault[] = [];
  for (let atMs = between(random, shortestMs, longestMs); atMs < minutes * 60_000;) {
    faults.push({
      name: chooseFault(random.uniform()),
      atMs,
      lastsMs: between(random, 200, 6000),
      which: random.uniform(),
    });
    atMs += between(random, shortestMs, longestMs);
  }
  return faults;
}

const total = Object.values(faultWeights).reduce((sum, weight) => sum + weight, 0);

/** @param share from 0 up to 1 */
function chooseFault(share: number): FaultName {
  let left = share * total;
  for (const [name, weight] of Object.entries(faultWeights)) {
    left -= weight;
    if (left < 0) return name as FaultName;
  }
  return 'cancel a run';
}

function between(random: RandomState, least: number, most: number): number {
  return least + Math.floor(random.uniform() * (most - least));
}

/** Picks one of several. @param which from 0 up to 1 */
export function pick<Item>(items: readonly Item[], which: number): Item | undefined {
  return items[Math.min(items.length - 1, Math.floor(which * items.length))];
}
