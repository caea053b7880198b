import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project-root.js';

/** Versions of code and runtime: `streamsage`, the commit if known, `node`, platform. */
export function loadVersions(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  root = projectRoot(),
) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const commit = environment['STREAMSAGE_COMMIT'] || commitOf(root);
  return {
    streamsage: version,
    ...(commit ? { commit } : {}),
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform}-${process.arch}`,
  };
}

/** The oldest Node that package.json takes, as `20.19`. */
export function minimumNode(root = projectRoot()): string {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  return engines.node.replace(/^>=\s*/, '');
}

/** The commit that is checked out, read from `.git` without a git program; undefined outside a clone. */
function commitOf(root: string): string | undefined {
  try {
    const head = readFileSync(join(root, '.git', 'HEAD'), 'utf8').trim();
    const commit = head.startsWith('ref: ') ? commitOfBranch(join(root, '.git'), head.slice(5)) : head;
    return commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** A branch has a file of its own, or after `git gc` a line `<commit> <branch>` in the file of all of them. */
function commitOfBranch(git: string, branch: string): string | undefined {
  const file = join(git, branch);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const lines = readFileSync(join(git, 'packed-refs'), 'utf8').split('\n');
  return lines.find((line) => line.endsWith(` ${branch}`))?.split(' ')[0];
}
