/** Shorter ones could be any word, and would blacken the log. */
const shortest = 6;
const mark = '[redacted]';

/**
 * Takes known secrets, and user and password in an address, out of a line. Nothing is meant to log them; what a library
 * puts into its messages is not ours to know.
 */
export function createRedaction(secrets: readonly string[]): (line: string) => string {
  const known = secrets
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    .filter((secret) => secret.length >= shortest)
    // A secret may be the beginning of another.
    .sort((a, b) => b.length - a.length);
  return (line) =>
    known
      .reduce((text, secret) => text.replaceAll(secret, mark), line)
      .replace(/:\/\/[^\s/@"'\\]+@/g, `://${mark}@`);
}
