/**
 * Runs one piece, and says its phases and how long it took; nothing if it had nothing to do.
 * @template Result
 * @param {string} name
 * @param {(report: (phase: string) => void) => Promise<Result>} work
 */
export async function piece(name, work) {
  const started = performance.now();
  let worked = false;
  const say = (/** @type {string} */ what) => console.error(`  ${name.padEnd(12)} ${what}`);
  const result = await work((phase) => {
    worked = true;
    say(phase);
  });
  if (worked) say(`done in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return result;
}

/** Runs a command's main part; an error becomes one message and exit code 1. @param {() => Promise<void>} main */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
