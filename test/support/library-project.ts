import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** A project of somebody else's that has the clone among its packages, as `npm install ../streamsage` leaves it. */
export async function createProject(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'streamsage-library-'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(repository, join(folder, 'node_modules', 'streamsage'), 'dir');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

/**
 * What the compiler says of a project's files, declaration files included.
 * @returns a line a complaint
 */
export function compilerComplaints(
  files: readonly string[],
  options: { readonly lib: string[]; readonly types: string[] },
): string[] {
  const program = ts.createProgram(files, {
    ...options,
    lib: options.lib.map((name) => `lib.${name}.d.ts`),
    typeRoots: [join(repository, 'node_modules', '@types')],
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file && start !== undefined ? ts.getLineAndCharacterOfPosition(file, start).line + 1 : 0;
    return `${file?.fileName ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}
