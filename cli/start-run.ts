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
  const time = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${sourceSlug(source)}-${time}-${randomBytes(2).toString('hex')}`;
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
  const run = newRunId(source);
  const input = await trainInput(store, source, options);
  const start = {
    workflowId: run,
    taskQueue: dataQueue,
    args: [input],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    ...startDescription(input, 'hand'),
  } as const;
  try {
    await client.workflow.start(workflowType, {
      ...start,
      typedSearchAttributes: startAttributes(input, 'hand'),
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
  { parameters, refresh, onUnchanged }: StartOptions,
): Promise<TrainInput> {
  return {
    source: await uploadedSource(store, source),
    parameters,
    ...(refresh ? { refresh } : {}),
    ...(onUnchanged === 'skip' ? { onUnchanged } : {}),
  };
}

async function uploadedSource(store: Connections['store'], source: ReadSource): Promise<Source> {
  if (source.kind !== 'file') return source;
  // Nothing names it before the run has started: it must be young, and no collection may have begun before it was there.
  const put = () => putFreshContent(store, source.ratings, 'text/tab-separated-values');
  const ratings = await undisturbed(store, put);
  return { kind: 'uploaded', name: source.name, ratings };
}
