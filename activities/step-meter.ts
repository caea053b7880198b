/** How often steps are told of while a training goes on. */
const everySeconds = 1;

export interface StepMeter {
  /** @param steps since the training's first, those of earlier attempts and runs among them */
  reached(steps: number): void;
  /** Tells of what has not been told. */
  flush(): void;
}

/**
 * Makes steps taken, told of about once a second, of reports that say how far a training is.
 * @param from steps that were taken before this attempt
 * @param now seconds
 */
export function createStepMeter(
  from: number,
  tell: (steps: number, seconds: number) => void,
  now: () => number = () => performance.now() / 1000,
): StepMeter {
  let told = { steps: from, at: now() };
  let reached = from;
  const flush = () => {
    const at = now();
    if (reached > told.steps) tell(reached - told.steps, at - told.at);
    told = { steps: reached, at };
  };
  return {
    reached(steps) {
      reached = Math.max(reached, steps);
      if (now() - told.at >= everySeconds) flush();
    },
    flush,
  };
}
