import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of reference material that lies beside the project: real ratings, golden files. It may be absent. */
export function sharedFile(path: string): string {
  return fileURLToPath(new URL(`../../../shared/${path}`, import.meta.url));
}

/** The same, skipping the test, with a line that says why, where the material is absent. */
export function requireShared(context: Mocha.Context, path: string): string {
  const file = sharedFile(path);
  if (!existsSync(file)) {
    console.log(`      skipped: needs ../shared/${path}, which is not here`);
    context.skip();
  }
  return file;
}
