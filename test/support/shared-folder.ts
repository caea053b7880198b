import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { skipWithout } from './missing.js';

/** Path of reference material that lies beside the project: real ratings, golden files. It may be absent. */
export function sharedFile(path: string): string {
  return fileURLToPath(new URL(`../../../shared/${path}`, import.meta.url));
}

/** The same, skipping the test where the material is absent. */
export function requireShared(context: Mocha.Context, path: string): string {
  const file = sharedFile(path);
  if (!existsSync(file)) skipWithout(context, `../shared/${path}`);
  return file;
}
