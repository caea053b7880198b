/** What a contender of ours says of its own process. */
export interface ProcessTimes {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Largest resident size so far. */
  readonly peakBytes: number;
}

/** @returns what to ask when the work is done: seconds since now, on the wall and of the processor */
export function startClock(): () => ProcessTimes {
  const cpu = process.cpuUsage();
  const started = performance.now();
  return () => {
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      seconds,
      cpuSeconds: (user + system) / 1e6,
      peakBytes: process.resourceUsage().maxRSS * 1024,
    };
  };
}
