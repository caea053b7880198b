import { Context } from '@temporalio/activity';
import { deleteCheckpoints } from '../artifacts/checkpoints.js';
import { undisturbed } from '../artifacts/collecting.js';
import { getContent, putContent } from '../artifacts/content.js';
import type { Manifest } from '../artifacts/manifest.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import type { ArtifactReference } from '../artifacts/reference.js';
import { writeRecipe } from '../artifacts/recipes.js';
import { publishRun } from '../artifacts/runs.js';
import type { Stage } from '../predictor/config.js';
import { decodeWeights, type EpochMetrics } from '../predictor/model/checkpoint.js';
import { historyDocument } from '../predictor/publishing/history.js';
import { writeKerasFile } from '../predictor/publishing/keras-file.js';
import { modelSummary } from '../predictor/publishing/model-summary.js';
import { type CurveOptions, learningCurves } from '../predictor/publishing/plots.js';
import { writeTfjsModel } from '../predictor/publishing/tfjs-model.js';
import { decodeRatings } from '../predictor/ratings/ratings-table.js';
import type { FeatureScalers } from '../predictor/ratings/scaler.js';
import { recipeDefinition } from '../predictor/stage-definitions.js';
import { modelMetadata } from '../predictor/trained-model.js';
import type {
  PublishedArtifact,
  RunMetrics,
  ScheduledStart,
  Source,
  StageOutcome,
  StageRequest,
  StartedBy,
} from '../workflows/contract.js';
import { withHeartbeat } from './heartbeat.js';

export type Versions = Manifest['versions'];

export interface PublishRequest extends StageRequest {
  /** Runs that were on their way when this version came do not say. */
  readonly startedBy?: StartedBy;
  readonly schedule?: ScheduledStart;
  readonly source: Source;
  readonly stages: Readonly<
    Record<'download' | 'preprocess' | 'window' | 'train' | 'evaluate', StageOutcome>
  >;
  readonly metrics: RunMetrics;
}

export interface PublishOutcome extends StageOutcome {
  readonly artifacts: readonly PublishedArtifact[];
  /** Addresses in the store's console, by what is there; empty where no console is known. */
  readonly links: Readonly<Record<string, string>>;
}

/** Where a person looks at an object of the store, or at a folder; undefined where that is not known. */
export type StoreLink = (key: string) => string | undefined;

interface ArtifactFile {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/**
 * Puts a run's artifacts under its name, the manifest last. It always runs, since a run is named once; the same model
 * gives the same bytes, so a retry overwrites nothing with anything else.
 */
export async function publish(
  store: ObjectStore,
  versions: Versions,
  linkTo: StoreLink,
  request: PublishRequest,
): Promise<PublishOutcome> {
  const started = performance.now();
  const { run } = request;
  const scheduled = Context.current().info.scheduledTimestampMs;
  return withHeartbeat({ stage: 'publish', done: 0, unit: 'artifacts' }, async (report, signal) => {
    const files = await artifactFiles(store, request);
    const put = async () => {
      const artifacts = [];
      for (const { name, contentType, bytes } of files) {
        artifacts.push({ name, contentType, ...(await putContent(store, bytes, contentType)) });
        report({ stage: 'publish', done: artifacts.length, total: files.length, unit: 'artifacts' });
      }
      signal.throwIfAborted();
      const seconds = (performance.now() - started) / 1000;
      const at = new Date(scheduled).toISOString();
      await publishRun(store, describeRun(request, versions, artifacts, at, seconds));
      const ratings = output(request.stages.download, 'ratings');
      await writeRecipe(store, recipeDefinition(request.parameters, ratings.sha256), run);
      return artifacts;
    };
    const artifacts = await undisturbed(store, put, signal);
    const { training } = request.stages.train.facts;
    if (typeof training === 'string') await deleteCheckpoints(store, training, run);
    return {
      result: 'miss',
      reason: 'every run is published under its own name',
      key: run,
      seconds: (performance.now() - started) / 1000,
      outputs: {},
      facts: { artifacts: artifacts.length },
      artifacts: artifacts.map(({ name, sha256, bytes }) => ({
        name,
        key: `runs/${run}/${name}`,
        sha256,
        bytes,
      })),
      links: linksTo(run, linkTo),
    };
  });
}

function linksTo(run: string, linkTo: StoreLink): Record<string, string> {
  const places = {
    'all artifacts': '',
    model: 'binge_model.h5',
    metrics: 'metrics.json',
    'learning curves': 'loss.png',
  };
  const links = Object.entries(places).map(([what, name]) => [what, linkTo(`runs/${run}/${name}`)] as const);
  return Object.fromEntries(links.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** What a run leaves behind, made from weights, history and metrics alone: the same model gives the same bytes. */
async function artifactFiles(store: ObjectStore, request: PublishRequest): Promise<ArtifactFile[]> {
  const { preprocess, train, evaluate } = request.stages;
  const { shape, weights } = decodeWeights(await getContent(store, output(train, 'weights')));
  const history = JSON.parse(
    new TextDecoder().decode(await getContent(store, output(train, 'history'))),
  ) as EpochMetrics[];
  const metrics = await getContent(store, output(evaluate, 'metrics'));
  const synthetic = request.source.kind === 'synthetic';
  const { majorityAccuracy, baseRateLogLoss } = request.metrics.test as unknown as CurveOptions;
  const curves = await learningCurves(history, { majorityAccuracy, baseRateLogLoss, synthetic });
  const text = (content: string) => new TextEncoder().encode(content);
  const { dropout, learningRate } = request.parameters;
  const { scalers } = decodeRatings(await getContent(store, output(preprocess, 'ratingsTable')));
  const options = { dropout, learningRate, metadata: trainedOn(request, scalers) };
  const tfjs = writeTfjsModel(shape, weights, options);
  return [
    {
      name: 'binge_model.h5',
      contentType: 'application/x-hdf5',
      bytes: await writeKerasFile(shape, weights, options),
    },
    { name: 'tfjs/model.json', contentType: 'application/json', bytes: tfjs['model.json'] },
    {
      name: 'tfjs/group1-shard1of1.bin',
      contentType: 'application/octet-stream',
      bytes: tfjs['group1-shard1of1.bin'],
    },
    { name: 'history.json', contentType: 'application/json', bytes: text(json(historyDocument(history))) },
    { name: 'metrics.json', contentType: 'application/json', bytes: metrics },
    { name: 'accuracy.svg', contentType: 'image/svg+xml', bytes: curves.accuracySvg },
    { name: 'accuracy.png', contentType: 'image/png', bytes: curves.accuracyPng },
    { name: 'loss.svg', contentType: 'image/svg+xml', bytes: curves.lossSvg },
    { name: 'loss.png', contentType: 'image/png', bytes: curves.lossPng },
    { name: 'model_summary.txt', contentType: 'text/plain', bytes: text(modelSummary(shape)) },
  ];
}

function trainedOn(
  { source, stages, parameters }: PublishRequest,
  scalers: FeatureScalers,
): Record<string, string> {
  const { engine, device } = stages.train.facts;
  return modelMetadata({
    source: source.kind,
    ratingsSha256: output(stages.download, 'ratings').sha256,
    parameters: { ...parameters, engine, device },
    scalers,
  });
}

function describeRun(
  request: PublishRequest,
  versions: Versions,
  artifacts: Manifest['artifacts'],
  createdAt: string,
  publishSeconds: number,
): Manifest {
  const { run, source, stages, parameters, metrics, startedBy, schedule } = request;
  const entries = Object.entries(stages) as [Stage, StageOutcome][];
  return {
    formatVersion: 1,
    run,
    createdAt,
    ...(startedBy ? { startedBy } : {}),
    ...(schedule ? { schedule } : {}),
    source: {
      kind: source.kind,
      ...nameOf(source),
      ...originOf(stages.download),
      sha256: output(stages.download, 'ratings').sha256,
      synthetic: source.kind === 'synthetic',
    },
    parameters,
    data: { ...stages.preprocess.facts, ...stages.window.facts },
    stages: entries.map(([stage, { result, reason, key, seconds, outputs }]) => ({
      stage,
      result,
      ...(reason === undefined ? {} : { reason }),
      key,
      seconds,
      outputs,
    })),
    artifacts,
    metrics,
    training: stages.train.facts,
    versions,
    timings: Object.fromEntries([
      ...entries.map(([stage, { seconds }]) => [stage, seconds]),
      ['publish', publishSeconds],
    ]) as Record<Stage, number>,
  };
}

function nameOf(source: Source): { name?: string } {
  switch (source.kind) {
    case 'uploaded':
      return { name: source.name };
    case 'url':
      return { name: source.url };
    case 's3':
      return { name: `s3://${source.bucket}/${source.key}` };
    default:
      return {};
  }
}

function originOf({ facts: { from, warning } }: StageOutcome): { from?: string; warning?: string } {
  return {
    ...(typeof from === 'string' ? { from } : {}),
    ...(typeof warning === 'string' ? { warning } : {}),
  };
}

function output({ outputs }: StageOutcome, name: string): ArtifactReference {
  const reference = outputs[name];
  if (!reference) throw new TypeError(`A stage handed over no \`${name}\``);
  return reference;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
