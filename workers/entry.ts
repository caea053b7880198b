import { fileURLToPath } from 'node:url';

/** Path of a module beside the caller's: compiled JavaScript in a build, TypeScript when run from source. */
export function siblingModule(importMetaUrl: string, name: string): string {
  const extension = importMetaUrl.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./${name}.${extension}`, importMetaUrl));
}
