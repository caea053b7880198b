import type { StageProgress } from '../workflows/contract.js';

/** How fast a stage goes, over its last seconds. */
export interface Pace {
  /** Units a second. */
  readonly rate: number;
  /** Until the stage is done, of a training until its last epoch is; where the total is known. */
  readonly secondsLeft?: number;
}

/** Over how long the pace is taken: long enough for reports that come once a second, short enough to follow a change. */
const windowMs = 15_000;
/** What is said of less is noise. */
const leastMs = 2000;

interface Sample {
  readonly at: number;
  readonly done: number;
}

/** Takes what a stage reports of itself, and says its pace once it is known. */
export function createPaceMeter(): (live: StageProgress, now?: number) => Pace | undefined {
  let stage: string | undefined;
  let samples: readonly Sample[] = [];
  return (live, now = Date.now()) => {
    const done = unitsDone(live);
    const last = samples.at(-1);
    // Another stage, or an attempt that goes on from an earlier point.
    if (stage !== live.stage || (last && done < last.done)) samples = [];
    stage = live.stage;
    if (done !== samples.at(-1)?.done) samples = [...samples, { at: now, done }];
    samples = samples.filter(({ at }) => now - at <= windowMs);
    const [first] = samples;
    if (!first || now - first.at < leastMs || done === first.done) return undefined;
    const rate = ((done - first.done) / (now - first.at)) * 1000;
    const left = unitsLeft(live);
    return { rate, ...(left === undefined ? {} : { secondsLeft: left / rate }) };
  };
}

/** Of a training over all epochs: within one the count begins anew. */
function unitsDone({ done, total, epoch }: StageProgress): number {
  return epoch === undefined || total === undefined ? done : (epoch - 1) * total + done;
}

function unitsLeft(live: StageProgress): number | undefined {
  const { total, epoch, epochs = 1 } = live;
  if (total === undefined) return undefined;
  return Math.max(0, total * (epoch === undefined ? 1 : epochs) - unitsDone(live));
}
