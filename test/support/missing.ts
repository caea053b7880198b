declare global {
  var streamsageExplainedSkips: number | undefined;
}

/**
 * Skips a test, with a line that says for want of what. The caller has made sure that it is missing. Any other way to
 * skip a test counts as a failure where CI=true (infra/test.js).
 */
export function skipWithout(context: Mocha.Context, what: string): never {
  globalThis.streamsageExplainedSkips = (globalThis.streamsageExplainedSkips ?? 0) + 1;
  console.log(`      skipped: needs ${what}, which is not here`);
  return context.skip();
}
