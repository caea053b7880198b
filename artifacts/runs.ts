import { z } from 'zod';
import { ArtifactMissingError, InvalidAliasError, InvalidManifestError, RunNotFoundError } from './errors.js';
import { parseJson, putJson } from './json.js';
import { encodeManifest, type Manifest, parseManifest } from './manifest.js';
import {
  checkAliasName,
  checkArtifactName,
  checkRunName,
  isAliasName,
  isArtifactName,
  isRunName,
} from './names.js';
import type { ObjectStore } from './object-store.js';

/** Points at the last published run. */
export const latestAlias = 'latest';

const manifestName = 'manifest.json';

/** Where a run's manifest lies, with which it is published. @throws InvalidArtifactNameError */
export function manifestKey(run: string): string {
  return runKey(run, manifestName);
}

/** The run whose manifest this key is; undefined if it is no manifest's. */
export function runOfManifest(key: string): string | undefined {
  const run = /^runs\/([^/]+)\/manifest\.json$/.exec(key)?.[1];
  return run !== undefined && isRunName(run) ? run : undefined;
}

/** Where an artifact of a run can be found under its own name. */
export function runKey(run: string, name: string): string {
  checkRunName(run);
  checkArtifactName(name);
  return `runs/${run}/${name}`;
}

/**
 * Makes a run exist: copies its artifacts on the server to `runs/<run>/`, then writes the manifest, then the alias
 * `latest`. Until the manifest is there, there is no run. Doing it twice does it once.
 * @throws ArtifactMissingError
 */
export async function publishRun(store: ObjectStore, manifest: Manifest): Promise<void> {
  for (const { key, name } of manifest.artifacts) {
    if (!(await store.copy(key, runKey(manifest.run, name)))) {
      throw new ArtifactMissingError(
        `Expected ${name} of ${manifest.run} at ${key}, got nothing: the object was deleted`,
      );
    }
  }
  await store.put(manifestKey(manifest.run), encodeManifest(manifest), 'application/json');
  await writeAlias(store, latestAlias, manifest.run);
}

/** @throws RunNotFoundError, InvalidManifestError */
export async function readManifest(store: ObjectStore, run: string): Promise<Manifest> {
  return (await readManifestBytes(store, run)).manifest;
}

/** The manifest, and its bytes as stored. @throws RunNotFoundError, InvalidManifestError */
export async function readManifestBytes(
  store: ObjectStore,
  run: string,
): Promise<{ readonly manifest: Manifest; readonly bytes: Uint8Array }> {
  const bytes = await store.get(manifestKey(run));
  if (!bytes) throw notFound(run);
  const manifest = parseManifest(bytes);
  if (manifest.run !== run) {
    throw new InvalidManifestError(
      `Expected the manifest of ${run}, got the one of ${JSON.stringify(manifest.run)}`,
    );
  }
  for (const { name } of manifest.artifacts) {
    if (isArtifactName(name)) continue;
    throw new InvalidManifestError(
      `Expected the manifest of ${run} to name artifacts by paths within the run's folder, got ${JSON.stringify(name.slice(0, 100))}`,
    );
  }
  return { manifest, bytes };
}

/** Whether a run has been published. @throws InvalidArtifactNameError */
export async function isPublished(store: ObjectStore, run: string): Promise<boolean> {
  return (await store.head(manifestKey(run))) !== undefined;
}

/** Names of the published runs. */
export async function listRuns(store: ObjectStore): Promise<string[]> {
  const objects = await store.list('runs/');
  return objects.flatMap(({ key }) => runOfManifest(key) ?? []);
}

const aliasSchema = z.object({ run: z.string() });

export async function writeAlias(store: ObjectStore, alias: string, run: string): Promise<void> {
  checkRunName(run);
  await putJson(store, aliasKey(alias), { run });
}

/** The run that an alias points at; undefined if there is no such alias. @throws InvalidAliasError */
export async function readAlias(store: ObjectStore, alias: string): Promise<string | undefined> {
  const bytes = await store.get(aliasKey(alias));
  if (!bytes) return undefined;
  const run = parseAlias(bytes);
  if (run === undefined) {
    throw new InvalidAliasError(
      `Expected ${aliasKey(alias)} to name a run, got ${bytes.length} bytes of something else. ` +
        (alias === latestAlias ? 'The next run that is published mends it' : 'Whoever wrote it can mend it') +
        '; `npx --no-install streamsage runs list` shows runs by name',
    );
  }
  return run;
}

/** Aliases by name, and the runs that they point at. @throws InvalidAliasError */
export async function listAliases(store: ObjectStore): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { key } of await store.list('aliases/')) {
    const alias = /^aliases\/([^/]+)\.json$/.exec(key)?.[1];
    const run = alias !== undefined && isAliasName(alias) ? await readAlias(store, alias) : undefined;
    if (alias !== undefined && run !== undefined) found.set(alias, run);
  }
  return found;
}

function parseAlias(bytes: Uint8Array): string | undefined {
  const run = parseJson(aliasSchema, bytes)?.run;
  return run !== undefined && isRunName(run) ? run : undefined;
}

/**
 * The run that a name means: what an alias points at, or the name itself, whether or not that run has been published.
 * @throws InvalidArtifactNameError; RunNotFoundError if it is `latest` and nothing has been published
 */
export async function resolveRun(store: ObjectStore, name: string): Promise<string> {
  checkRunName(name);
  const aliased = isAliasName(name) ? await readAlias(store, name) : undefined;
  if (aliased !== undefined) return aliased;
  if (name === latestAlias)
    throw new RunNotFoundError('No run has been published yet: npx --no-install streamsage train');
  return name;
}

/** Where an alias lies. @throws InvalidArtifactNameError */
export function aliasKey(alias: string): string {
  checkAliasName(alias);
  return `aliases/${alias}.json`;
}

function notFound(run: string): RunNotFoundError {
  return new RunNotFoundError(
    `No run \`${run}\` has been published. \`npx --no-install streamsage runs list\` shows runs; one that is going on has no ` +
      'artifacts yet, one that ended unchanged none of its own',
  );
}
