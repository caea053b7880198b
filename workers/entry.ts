import { fileURLToPath } from 'node:url';

/** Path of a module beside the caller's: compiled JavaScript in a build, TypeScript when run from source. */
export function siblingModule(importMetaUrl: string, name: string): string {
  const extension = runsFromSource(importMetaUrl) ? 'ts' : 'js';
  return fileURLToPath(new URL(`./${name}.${extension}`, importMetaUrl));
}

/** The workflows: bundled in a build, from source otherwise (the SDK then bundles them at start). */
export function workflowCode(
  importMetaUrl: string,
): { workflowBundle: { codePath: string } } | { workflowsPath: string } {
  return runsFromSource(importMetaUrl)
    ? { workflowsPath: fileURLToPath(new URL('../workflows/index.ts', importMetaUrl)) }
    : { workflowBundle: { codePath: fileURLToPath(new URL('../workflow-bundle.js', importMetaUrl)) } };
}

function runsFromSource(importMetaUrl: string): boolean {
  return importMetaUrl.endsWith('.ts');
}
