import { randomBytes } from 'node:crypto';
import { movielensRatingsSha256 } from '../adapters/movielens.js';
import { undisturbed } from '../artifacts/collecting.js';
import { putFreshContent } from '../artifacts/content.js';
import { dataQueue, type Source, type TrainInput, workflowType } from '../workflows/contract.js';
import type { Connections } from './connections.js';
import type { Output } from './output.js';
import type { ReadSource } from './read-source.js';
import type { StartOptions } from './training-flags.js';
import { lacksSearchAttributes, missingAttributesNote, startAttributes } from './start-attributes.js';
import { startDescription } from './start-description.js';

/** `ml-100k-20261124-101530-9f3c`: what it was trained on, when it was asked for (UTC), and a mark that tells two apart. */
export function newRunId(source: ReadSource, now = new Date()): string {
  return runNamed(sourceSlug(source), now);
}

function runNamed(stem: string, now: Date): string {
  const time = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stem}-${time}-${randomBytes(2).toString('hex')}`;
}

/** A name for a run like one of this name, whether a person or a schedule started that. */
export function nextRunId(run: string, now = new Date()): string {
  return runNamed(run.replace(/-\d{8}-\d{6}-[0-9a-f]{4}$|-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, ''), now);
}

function sourceSlug(source: ReadSource): string {
  if (source.kind === 'synthetic') return 'synthetic';
  if (source.kind === 'movielens-100k') return 'ml-100k';
  if (source.kind === 'file' && source.sha256 === movielensRatingsSha256) return 'ml-100k';
  const slug = nameOf(source)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 24);
  return slug === '' ? source.kind : `${source.kind}-${slug}`.replace(/-+$/, '');
}

/** The last part of a file's path, of an address or of a key. */
function nameOf(source: Exclude<ReadSource, { kind: 'synthetic' | 'movielens-100k' }>): string {
  switch (source.kind) {
    case 'file':
      return source.name;
    case 'url':
      return new URL(source.url).pathname.split('/').at(-1) ?? '';
    case 's3':
      return source.key.split('/').at(-1) ?? '';
  }
}

/**
 * Starts a run, after a local file's ratings are in the store.
 * @returns the run's name
 */
export async function startRun(
  { client, store }: Connections,
  source: ReadSource,
  options: StartOptions,
  output: Output,
): Promise<string> {
  return startTraining(client, newRunId(source), await trainInput(store, source, options), output);
}

/**
 * Starts a run that is told this.
 * @returns its name
 */
export async function startTraining(
  client: Connections['client'],
  run: string,
  input: TrainInput,
  output: Output,
): Promise<string> {
  const startedBy = input.startedBy ?? 'hand';
  const start = {
    workflowId: run,
    taskQueue: dataQueue,
    args: [input],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    ...startDescription(input, startedBy),
  } as const;
  try {
    await client.workflow.start(workflowType, {
      ...start,
      typedSearchAttributes: startAttributes(input, startedBy),
    });
  } catch (error) {
    if (!lacksSearchAttributes(error)) throw error;
    output.note(missingAttributesNote);
    await client.workflow.start(workflowType, start);
  }
  return run;
}

/** What a run is told, after a local file's ratings are in the store. */
export async function trainInput(
  store: Connections['store'],
  source: ReadSource,
  { parameters, refresh, onUnchanged, onFailure, repairWithinSeconds }: StartOptions,
): Promise<TrainInput> {
  return {
    source: await uploadedSource(store, source),
    parameters,
    ...(refresh ? { refresh } : {}),
    ...(onUnchanged === 'skip' ? { onUnchanged } : {}),
    ...(onFailure === 'block'
      ? { onFailure, ...(repairWithinSeconds === undefined ? {} : { repairWithinSeconds }) }
      : {}),
  };
}

async function uploadedSource(store: Connections['store'], source: ReadSource): Promise<Source> {
  if (source.kind !== 'file') return source;
  // Nothing names it before the run has started: it must be young, and no collection may have begun before it was there.
  const put = () => putFreshContent(store, source.ratings, 'text/tab-separated-values');
  const ratings = await undisturbed(store, put);
  return { kind: 'uploaded', name: source.name, ratings };
}
