import { inParallel } from './in-parallel.js';
import type { Manifest } from './manifest.js';
import type { ObjectStore } from './object-store.js';
import type { ArtifactReference } from './reference.js';
import { readManifest } from './runs.js';
import { readStageRecord } from './stage-record.js';

type Values = Readonly<Record<string, number | string>>;

/** One stage on the way from the source to a model. */
export interface LineageStep {
  readonly stage: string;
  /** Of the stage's record. */
  readonly key: string;
  readonly outputs: Readonly<Record<string, ArtifactReference>>;
  /** What is not in the store any more: the record, or outputs by name. What a missing record said is left out below. */
  readonly missing: readonly string[];
  /** SHA-256 of each input, by name. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly parameters?: Values;
  readonly stageVersion?: number;
  readonly facts?: Values;
  /** The run that made it. */
  readonly run?: string;
  /** ISO 8601, UTC. */
  readonly createdAt?: string;
  /** Versions of code and runtime of that run; absent if it has not been published, or not any more. */
  readonly versions?: Manifest['versions'];
}

/** A model, and all that it was made from, the last stage first. */
export interface Lineage {
  readonly run: string;
  /** When it was published, ISO 8601, UTC. */
  readonly publishedAt: string;
  readonly versions: Manifest['versions'];
  readonly source: Manifest['source'];
  readonly artifact: ArtifactReference & { readonly name: string; readonly missing: boolean };
  readonly steps: readonly LineageStep[];
}

const modelName = 'binge_model.h5';

/**
 * Walks from a run's model back to its source. What was removed meanwhile is named as missing.
 * @throws RunNotFoundError, InvalidManifestError
 */
export async function traceLineage(store: ObjectStore, run: string): Promise<Lineage> {
  const { createdAt, versions, source, artifacts, stages } = await readManifest(store, run);
  const model = artifacts.find(({ name }) => name === modelName) ?? artifacts[0];
  const { name = modelName, key = '', sha256 = '', bytes = 0 } = model ?? {};
  const versionsOf = new Map<string, Promise<Manifest['versions'] | undefined>>([
    [run, Promise.resolve(versions)],
  ]);
  const knownVersions = (of: string) => {
    const known =
      versionsOf.get(of) ??
      readManifest(store, of).then(
        (manifest) => manifest.versions,
        () => undefined,
      );
    versionsOf.set(of, known);
    return known;
  };
  const steps = await inParallel([...stages].reverse(), 4, async (stage): Promise<LineageStep> => {
    const record = await readStageRecord(store, stage.stage, stage.key);
    const outputs = Object.entries(stage.outputs);
    const absent = await inParallel(outputs, 4, async ([output, reference]) =>
      (await store.head(reference.key)) ? [] : [`\`${output}\``],
    );
    const missing = [...(record ? [] : ['its record']), ...absent.flat()];
    const step = { stage: stage.stage, key: stage.key, outputs: stage.outputs, missing };
    if (!record) return step;
    const made = await knownVersions(record.run);
    return {
      ...step,
      inputs: record.inputs,
      parameters: record.parameters,
      stageVersion: record.version,
      facts: record.facts,
      run: record.run,
      createdAt: record.createdAt,
      ...(made ? { versions: made } : {}),
    };
  });
  const missing = (await store.head(key)) === undefined;
  return {
    run,
    publishedAt: createdAt,
    versions,
    source,
    artifact: { name, key, sha256, bytes, missing },
    steps,
  };
}
