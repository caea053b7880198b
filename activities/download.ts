import { Context } from '@temporalio/activity';
import type { Downloaded, DownloadProgress, Validators } from '../adapters/download.js';
import type { MovieLensCopy } from '../adapters/movielens.js';
import { getContent, putContent } from '../artifacts/content.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import { recallSource, rememberSource, type SourceMemory } from '../artifacts/source-memory.js';
import { extractRatings, maximumArchiveBytes } from '../predictor/ratings/archive.js';
import { publishedRatings } from '../predictor/ratings/published.js';
import { withoutControls } from '../predictor/ratings/quote.js';
import { syntheticRatings } from '../predictor/ratings/synthetic.js';
import { checkS3Address, checkSourceUrl, InvalidSourceError } from '../predictor/source-address.js';
import { downloadDefinition, syntheticIdentity } from '../predictor/stage-definitions.js';
import type { Source, StageOutcome, StageRequest } from '../workflows/contract.js';
import { withHeartbeat } from './heartbeat.js';
import { type StageProduct, storedStage, type StageWork } from './stored-stage.js';

const stage = 'download';
const ratingsType = 'text/tab-separated-values';

export interface DownloadRequest extends StageRequest {
  readonly source: Source;
}

export interface SourceQuestion {
  /** What the source said of the version that is at hand. */
  readonly known?: Validators;
  readonly maximumBytes: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DownloadProgress) => void;
}

/** Where ratings can be had. Handed in, so that stages know no network. */
export interface RatingsSources {
  /** SHA-256 of the `u.data` in MovieLens 100K. */
  readonly movielensSha256: string;
  /** @throws SourceUnreachableError, WrongContentError */
  fetchMovieLens<Content>(
    accept: (file: Uint8Array, name: string) => Promise<Content>,
    question: Pick<SourceQuestion, 'signal' | 'onProgress'>,
  ): Promise<MovieLensCopy<Content>>;
  /** @throws SourceUnreachableError, SourceRefusedError */
  fetchUrl(url: string, question: SourceQuestion): Promise<Downloaded>;
  /** @throws SourceRefusedError, or what the store throws */
  fetchS3(place: { bucket: string; key: string }, question: SourceQuestion): Promise<Downloaded>;
}

/**
 * Brings the ratings into the store. What is named by its content comes from there if it holds it; an address is asked
 * whether anything has changed since it was last asked.
 *
 * Facts: `from` (who gave the ratings), `bytes` of them, `received` bytes over the network, `changed` (`yes` or `no`,
 * where there is an earlier version to compare with), `warning`.
 */
export function download(
  store: ObjectStore,
  sources: RatingsSources,
  request: DownloadRequest,
): Promise<StageOutcome<'ratings'>> {
  const { source } = request;
  switch (source.kind) {
    case 'uploaded':
      return known(store, request, source.ratings.sha256, async () => {
        await getContent(store, source.ratings);
        const from = withoutControls(source.name).slice(0, 200);
        return { outputs: { ratings: source.ratings }, facts: { from, bytes: source.ratings.bytes } };
      });
    case 'synthetic':
      return known(store, request, syntheticIdentity, async () => {
        const ratings = await putContent(store, syntheticRatings(), ratingsType);
        return { outputs: { ratings }, facts: { from: 'generator', bytes: ratings.bytes } };
      });
    case 'movielens-100k':
      return movielens(store, sources, request);
    case 'url':
      return asked(store, request, addressOf(source), (question) =>
        sources.fetchUrl(checkSourceUrl(source.url), question),
      );
    case 's3':
      return asked(store, request, addressOf(source), (question) =>
        sources.fetchS3(checkS3Address(source), question),
      );
    default:
      // What another client sent.
      return Promise.reject(
        new InvalidSourceError(
          'Expected a source of kind movielens-100k, synthetic, url, s3 or uploaded, got ' +
            JSON.stringify(source).slice(0, 100),
        ),
      );
  }
}

/** Ratings whose identity is known before they are there. */
function known(
  store: ObjectStore,
  request: DownloadRequest,
  identity: string,
  work: StageWork<'ratings'>,
): Promise<StageOutcome<'ratings'>> {
  return storedStage(store, request, downloadDefinition(request.source.kind, identity), work);
}

async function movielens(
  store: ObjectStore,
  sources: RatingsSources,
  request: DownloadRequest,
): Promise<StageOutcome<'ratings'>> {
  const { movielensSha256 } = sources;
  const outcome = await known(store, request, movielensSha256, async (report, signal) => {
    const { content, ...copy } = await sources.fetchMovieLens(
      (file, name) => publishedRatings(file, name, movielensSha256),
      { signal, onProgress: (progress) => report(inBytes(progress)) },
    );
    const ratings = await putContent(store, content, ratingsType);
    const facts = { from: copy.from, bytes: ratings.bytes, received: copy.bytes, ...warned(copy.warnings) };
    return { outputs: { ratings }, facts };
  });
  if (outcome.result === 'miss') return outcome;
  // Its warning was about the transfer that brought them here.
  const facts = Object.entries(outcome.facts).filter(([name]) => name !== 'warning');
  return { ...outcome, facts: { ...Object.fromEntries(facts), received: 0, changed: 'no' } };
}

/** Ratings from an address whose content may change: the address is asked each time, with what it said the last time. */
async function asked(
  store: ObjectStore,
  request: DownloadRequest,
  address: () => string,
  fetch: (question: SourceQuestion) => Promise<Downloaded>,
): Promise<StageOutcome<'ratings'>> {
  const started = performance.now();
  const { memory, product } = await withHeartbeat({ stage, done: 0, unit: 'bytes' }, (report, signal) =>
    ask(store, request, address(), fetch, signal, (progress) => report({ stage, ...inBytes(progress) })),
  );
  const outcome = await known(store, request, product.outputs.ratings.sha256, () => Promise.resolve(product));
  // Last: a run that ends before this asks again.
  if (memory) await rememberSource(store, memory);
  return { ...outcome, facts: product.facts, seconds: (performance.now() - started) / 1000 };
}

async function ask(
  store: ObjectStore,
  { run, refresh }: DownloadRequest,
  address: string,
  fetch: (question: SourceQuestion) => Promise<Downloaded>,
  signal: AbortSignal,
  onProgress: SourceQuestion['onProgress'],
): Promise<{ memory?: SourceMemory; product: StageProduct<'ratings'> }> {
  const last = await recallSource(store, address);
  const got = await fetch({
    ...(last && !refresh ? { known: last } : {}),
    maximumBytes: maximumArchiveBytes,
    signal,
    onProgress,
  });
  const from = address;
  if (got.state === 'unchanged') {
    if (!last) throw new TypeError('A source says that nothing has changed, and was not asked');
    const { ratings } = last;
    return {
      product: {
        outputs: { ratings },
        facts: { from, bytes: ratings.bytes, received: 0, ...changed(last, ratings.sha256, run) },
      },
    };
  }
  const { ratings: content } = await extractRatings(got.bytes, address.split('/').at(-1) || 'the file');
  const ratings = await putContent(store, content, ratingsType);
  const earlier = before(last, run);
  return {
    memory: {
      ...{ address, ...got.validators, ratings, run },
      ...(earlier === undefined ? {} : { previous: earlier }),
    },
    product: {
      outputs: { ratings },
      facts: {
        ...{ from, bytes: ratings.bytes, received: got.bytes.length },
        ...changed(last, ratings.sha256, run),
        ...warned(got.warnings),
      },
    },
  };
}

/** SHA-256 of the version before this run: what a lost attempt of it remembered is its own. */
function before(last: SourceMemory | undefined, run: string): string | undefined {
  return last?.run === run ? last.previous : last?.ratings.sha256;
}

function changed(last: SourceMemory | undefined, digest: string, run: string): { changed?: 'yes' | 'no' } {
  const earlier = before(last, run);
  return earlier === undefined ? {} : { changed: earlier === digest ? 'no' : 'yes' };
}

function addressOf(source: Extract<Source, { kind: 'url' | 's3' }>): () => string {
  return () => {
    if (source.kind === 'url') return checkSourceUrl(source.url);
    const { bucket, key } = checkS3Address(source);
    return `s3://${bucket}/${key}`;
  };
}

/** Says it in the worker's log, too. */
function warned(warnings: readonly string[]): { warning?: string } {
  for (const warning of warnings) Context.current().log.warn(warning);
  return warnings.length === 0 ? {} : { warning: warnings.join('. ') };
}

function inBytes({ receivedBytes, totalBytes }: DownloadProgress) {
  return {
    done: receivedBytes,
    ...(totalBytes === undefined ? {} : { total: totalBytes }),
    unit: 'bytes',
  };
}
