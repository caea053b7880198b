import { readManifest } from '../artifacts/runs.js';
import { verifyRun, type VerifiedObject } from '../artifacts/verify.js';
import type { Manifest } from '../artifacts/manifest.js';
import { flagName, parameterDefinitions, type ParameterName, parameterNames } from '../predictor/config.js';
import { shellWord, streamsage } from '../workflows/commands.js';
import { withStore } from './connections.js';
import { exitCodes } from './exit-codes.js';
import { alignColumns, type Output, printJson } from './output.js';
import { runWithArtifacts } from './run-with-artifacts.js';

/** Hashes everything that a run needs, a line each; exit code 1 if anything is missing or altered. */
export async function verifyArtifacts(
  name: string,
  options: { json?: boolean },
  output: Output,
): Promise<void> {
  const { manifest, objects } = await withStore(async (store) => {
    const run = await runWithArtifacts(store, name, output);
    return { manifest: await readManifest(store, run), objects: await verifyRun(store, run) };
  });
  const damaged = objects.filter(({ state }) => state !== 'intact');
  const mend = damaged.length === 0 ? undefined : mending(manifest);
  if (options.json) printJson(output, { run: manifest.run, intact: damaged.length === 0, objects, mend });
  else {
    for (const line of alignColumns(objects.map(line3))) output.result(line);
    output.note(
      damaged.length === 0
        ? `Run ${manifest.run}: all ${objects.length} objects are intact`
        : `Run ${manifest.run}: ${damaged.length} of ${objects.length} objects are missing or altered. To make them ` +
            `again, from the same data to the same bytes:\n  ${mend ?? ''}`,
    );
  }
  if (damaged.length > 0) process.exitCode = exitCodes.failed;
}

function line3({ state, what, key }: VerifiedObject): string[] {
  return [state, what, key];
}

/** The command that trains the same once more: stages whose work is damaged run, and put it where it was. */
function mending({ source, parameters }: Manifest): string {
  // A file's name, or an address; the two that are known by their kind have none.
  const from = source.name ?? (source.kind === 'uploaded' ? 'FILE' : source.kind);
  const flags = parameterNames.flatMap((name: ParameterName) => {
    const value = parameters[name];
    const definition = parameterDefinitions[name];
    if (value === undefined || value === definition.default) return [];
    return definition.kind === 'switch' ? [flagName(name)] : [flagName(name), String(value)];
  });
  return [`${streamsage} train`, '--source', shellWord(from), ...flags].join(' ');
}
