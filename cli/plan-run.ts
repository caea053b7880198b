import { movielensRatingsSha256 } from '../adapters/movielens.js';
import { furthestState, savedStates } from '../artifacts/checkpoints.js';
import { InvalidManifestError, RunNotFoundError } from '../artifacts/errors.js';
import { explainHit, explainMiss } from '../artifacts/explain-stage.js';
import type { Manifest } from '../artifacts/manifest.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import { recentStages } from '../artifacts/recent-stages.js';
import { findPublishedRecipe } from '../artifacts/recipes.js';
import { latestAlias, readAlias, readManifest } from '../artifacts/runs.js';
import { findStageRecord, stageKey } from '../artifacts/stage-record.js';
import { mustRefresh, resolveParameters, type Stage } from '../predictor/config.js';
import { chooseEngine, type EnginePlan, preferredDevice } from '../predictor/engine/choose-engine.js';
import { wasmRuntime } from '../predictor/engine/wasm/kernel-module.js';
import { checkpointOf } from '../predictor/model/checkpoint.js';
import { modelShape } from '../predictor/model/model-shape.js';
import {
  downloadDefinition,
  evaluateDefinition,
  preprocessDefinition,
  recipeDefinition,
  type StageDefinition,
  stageOutputs,
  syntheticIdentity,
  trainDefinition,
  windowDefinition,
} from '../predictor/stage-definitions.js';
import { decisiveParameters, trainingFingerprint } from '../predictor/training-identity.js';
import type { ReadSource } from './read-source.js';
import type { StartOptions } from './training-flags.js';

/** What a stage would do, were a run started now. */
export interface PlannedStage {
  readonly stage: Stage;
  /**
   * `hit`: its result comes from the store; `miss`: it runs; `unknown`: that shows when a stage above has run, or when a
   * source or a worker has been asked; `skipped`: the run would end as `unchanged` before.
   */
  readonly result: 'hit' | 'miss' | 'unknown' | 'skipped';
  readonly reason: string;
  /** The checkpoint that a training would go on from: `epoch 3`. */
  readonly goesOnFrom?: string;
  /** How long it took when it last ran, and in which published run. */
  readonly last?: { readonly seconds: number; readonly run: string };
}

/** Digests of what a stage needs; undefined: not known before another has run. */
type Digests = Readonly<Record<string, string>>;

interface Step {
  readonly planned: PlannedStage;
  readonly outputs?: Digests;
}

/**
 * What a run would do, by the keys that its stages would look for. It reads the store and writes nothing.
 * @throws what the store throws
 */
export async function planRun(
  store: ObjectStore,
  source: ReadSource,
  { parameters: given, refresh, onUnchanged }: StartOptions,
): Promise<PlannedStage[]> {
  const parameters = resolveParameters(given);
  const look = (definition: StageDefinition<string>) =>
    lookUp(store, definition, mustRefresh(definition.stage, refresh));
  const unknown = (stage: Stage, dependsOn: string) =>
    withoutInput(store, stage, dependsOn, mustRefresh(stage, refresh));

  const identity = identityOf(source);
  const download =
    identity === undefined
      ? await unknown(
          'download',
          `what the ${source.kind === 's3' ? 'bucket' : 'address'} gives: it is asked each time`,
        )
      : await look(downloadDefinition(sourceKind(source), identity));
  // What is named by its content is known before it is there.
  const ratings = download.outputs?.['ratings'] ?? (identity === syntheticIdentity ? undefined : identity);
  if (onUnchanged === 'skip' && ratings !== undefined) {
    const sameAs = await findPublishedRecipe(store, recipeDefinition(parameters, ratings));
    if (sameAs !== undefined) return unchanged(store, download.planned, sameAs);
  }
  const preprocess = ratings
    ? await look(preprocessDefinition(parameters, { ratings }))
    : await unknown('preprocess', 'download');
  const ratingsTable = preprocess.outputs?.['ratingsTable'];
  const window = ratingsTable
    ? await look(windowDefinition(parameters, { ratingsTable }))
    : await unknown('window', 'preprocess');
  const windowTable = window.outputs?.['windowTable'];

  const plan = knownPlan(parameters);
  let train: Step;
  if (!ratingsTable || !windowTable) train = await unknown('train', ratingsTable ? 'window' : 'preprocess');
  else if (!plan) train = await unknown('train', 'the worker that trains: it says what its engine is');
  else {
    const inputs = { ratingsTable, windowTable };
    train = await look(trainDefinition(parameters, plan, inputs));
    if (train.planned.result === 'miss' && !mustRefresh('train', refresh)) {
      const training = trainingFingerprint(decisiveParameters(parameters, plan), inputs);
      const goesOnFrom = await checkpointFor(store, training, parameters.epochs);
      if (goesOnFrom) train = { planned: { ...train.planned, goesOnFrom } };
    }
  }
  const weights = train.outputs?.['weights'];
  const evaluate =
    ratingsTable && windowTable && weights
      ? await look(evaluateDefinition({ ratingsTable, windowTable, weights }))
      : await unknown('evaluate', 'train');
  const publish: PlannedStage = {
    ...{ stage: 'publish', result: 'miss', reason: 'every run is published under its own name' },
  };
  const steps = [download, preprocess, window, train, evaluate].map(({ planned }) => planned);
  return withTimes(store, [...steps, publish]);
}

/** What a source is called in the key of its download. */
function sourceKind({ kind }: ReadSource): string {
  return kind === 'file' ? 'uploaded' : kind;
}

/** What names the ratings before they are there; undefined for an address, whose content may change. */
function identityOf(source: ReadSource): string | undefined {
  switch (source.kind) {
    case 'file':
      return source.sha256;
    case 'movielens-100k':
      return movielensRatingsSha256;
    case 'synthetic':
      return syntheticIdentity;
    default:
      return undefined;
  }
}

/** What trains, where no worker has a say in it: our own engine gives the same bytes everywhere. */
function knownPlan(parameters: ReturnType<typeof resolveParameters>): EnginePlan | undefined {
  const { engine, fastMath, batchSize } = parameters;
  const shape = modelShape(parameters);
  const { device } = preferredDevice(parameters, shape, batchSize);
  if (device !== 'cpu' || engine === 'tensorflow' || fastMath) return undefined;
  return { ...chooseEngine({ engine, device, fastMath }, shape, batchSize), runtime: wasmRuntime() };
}

async function lookUp(
  store: ObjectStore,
  { stage, ...definition }: StageDefinition<string>,
  refresh: boolean,
): Promise<Step> {
  const identity = { stage, ...definition };
  const key = stageKey(identity);
  const found = refresh
    ? ({ state: 'none' } as const)
    : await findStageRecord(store, stage, key, stageOutputs[stage]);
  if (found.state !== 'intact') {
    const recent = await recentStages(store, stage);
    const reason = explainMiss({ ...identity, key }, found, recent, refresh);
    return { planned: { stage, result: 'miss', reason } };
  }
  const { record } = found;
  const outputs = Object.fromEntries(
    Object.entries(record.outputs).map(([name, { sha256 }]) => [name, sha256]),
  );
  return { planned: { stage, result: 'hit', reason: explainHit(record, '') }, outputs };
}

/** A stage whose input is not known runs for sure only if that was asked for, or if the store holds no result of it at all. */
async function withoutInput(
  store: ObjectStore,
  stage: Stage,
  dependsOn: string,
  refresh: boolean,
): Promise<Step> {
  if (refresh) return { planned: { stage, result: 'miss', reason: 'asked for: --refresh' } };
  const none =
    (await recentStages(store, stage)).length === 0 && (await store.list(`records/${stage}/`)).length === 0;
  return none
    ? { planned: { stage, result: 'miss', reason: 'the store holds no result of this stage' } }
    : { planned: { stage, result: 'unknown', reason: `depends on ${dependsOn}` } };
}

async function checkpointFor(
  store: ObjectStore,
  training: string,
  epochs: number,
): Promise<string | undefined> {
  const states = await savedStates(store, training, '', 'any');
  const found = await furthestState(states, epochs, (bytes) => checkpointOf(training, bytes));
  if (!found) return undefined;
  const { epoch, step } = found.at;
  return step > 0 ? `epoch ${epoch}, step ${step}` : `epoch ${epoch}`;
}

async function unchanged(
  store: ObjectStore,
  download: PlannedStage,
  sameAs: string,
): Promise<PlannedStage[]> {
  const [first] = await withTimes(store, [download]);
  const reason = `the run would end as unchanged: it equals run ${sameAs}`;
  const rest = (['preprocess', 'window', 'train', 'evaluate', 'publish'] as const).map(
    (stage): PlannedStage => ({ stage, result: 'skipped', reason }),
  );
  return [first!, ...rest];
}

/** Adds how long each stage took in the latest published run in which it ran. */
async function withTimes(store: ObjectStore, stages: readonly PlannedStage[]): Promise<PlannedStage[]> {
  const manifests = new Map<string, Promise<Manifest | undefined>>();
  const manifestOf = (run: string) => {
    if (!manifests.has(run)) manifests.set(run, readable(store, run));
    return manifests.get(run)!;
  };
  return Promise.all(
    stages.map(async (planned) => {
      const { stage } = planned;
      const runs = stage === 'publish' ? [await latestRun(store)] : await runsOf(store, stage);
      for (const run of runs) {
        const manifest = run === undefined ? undefined : await manifestOf(run);
        const seconds = manifest && secondsOf(manifest, stage);
        if (seconds !== undefined) return { ...planned, last: { seconds, run: run! } };
      }
      return planned;
    }),
  );
}

async function runsOf(store: ObjectStore, stage: Stage): Promise<string[]> {
  return [...new Set((await recentStages(store, stage)).map(({ run }) => run))];
}

/** Undefined for a run that took the stage's result from the store: that says nothing of how long the work takes. */
function secondsOf({ stages, timings }: Manifest, stage: Stage): number | undefined {
  if (stage === 'publish') return timings.publish;
  const entry = stages.find((one) => one.stage === stage);
  return entry?.result === 'miss' ? entry.seconds : undefined;
}

async function latestRun(store: ObjectStore): Promise<string | undefined> {
  return readAlias(store, latestAlias).catch(() => undefined);
}

/** A run that has not been published, or whose manifest is of another version, says nothing. */
async function readable(store: ObjectStore, run: string): Promise<Manifest | undefined> {
  try {
    return await readManifest(store, run);
  } catch (error) {
    if (error instanceof RunNotFoundError || error instanceof InvalidManifestError) return undefined;
    throw error;
  }
}
