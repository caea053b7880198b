import { setImmediate } from 'node:timers/promises';

/** How long an engine computes before it lets other work of the process have its turn, milliseconds. */
const turnMs = 50;

/** When to let others have their turn, and when to report. */
export function createTurn() {
  let started = performance.now();
  let due = false;
  return {
    over: () => performance.now() - started > turnMs,
    async yield() {
      await setImmediate();
      started = performance.now();
      due = true;
    },
    reportDue() {
      const now = due;
      due = false;
      return now;
    },
  };
}
