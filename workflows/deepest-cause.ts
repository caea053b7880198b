/** What is at the bottom of a chain of causes: what went wrong, not who noticed. */
export function deepestCause(error: unknown): unknown {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  return deepest;
}
