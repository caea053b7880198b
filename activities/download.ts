import { createHash } from 'node:crypto';
import { getContent, putContent } from '../artifacts/content.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import { extractRatings } from '../predictor/ratings/archive.js';
import { syntheticRatings } from '../predictor/ratings/synthetic.js';
import type { Source, StageOutcome, StageRequest } from '../workflows/contract.js';
import { storedStage, type StageWork } from './stored-stage.js';

const version = 1;
const ratingsType = 'text/tab-separated-values';

export interface DownloadRequest extends StageRequest {
  readonly source: Source;
}

/** Fetches the publisher's archive. Handed in, so that stages know no address. */
export interface MovieLensPublisher {
  /** SHA-256 of the `u.data` inside the archive: the data's identity, whatever zipped it. */
  readonly ratingsSha256: string;
  /** @throws SourceUnreachableError */
  fetchArchive(
    signal: AbortSignal,
    onProgress: (progress: { receivedBytes: number; totalBytes?: number }) => void,
  ): Promise<Uint8Array>;
}

/** The archive holds other ratings than the ones published. Trying again cannot help. */
export class WrongContentError extends Error {
  override readonly name = 'WrongContentError';
}

/** Brings the ratings into the store: from there if it holds them, else from their source. */
export function download(
  store: ObjectStore,
  publisher: MovieLensPublisher,
  request: DownloadRequest,
): Promise<StageOutcome<'ratings'>> {
  const { source } = request;
  const identity =
    source.kind === 'uploaded'
      ? source.ratings.sha256
      : source.kind === 'synthetic'
        ? 'generator-1'
        : publisher.ratingsSha256;
  const work: Record<Source['kind'], StageWork<'ratings'>> = {
    uploaded: () => confirmUpload(store, source),
    synthetic: () => generate(store),
    'movielens-100k': (report, signal) => fetchMovieLens(store, publisher, report, signal),
  };
  return storedStage(
    store,
    request,
    { stage: 'download', version, parameters: { source: source.kind, identity }, inputs: {} },
    work[source.kind],
  );
}

async function confirmUpload(store: ObjectStore, source: Source) {
  if (source.kind !== 'uploaded') throw new TypeError(`Expected an uploaded source, got ${source.kind}`);
  await getContent(store, source.ratings);
  return { outputs: { ratings: source.ratings }, facts: { bytes: source.ratings.bytes } };
}

async function generate(store: ObjectStore) {
  const ratings = await putContent(store, syntheticRatings(), ratingsType);
  return { outputs: { ratings }, facts: { bytes: ratings.bytes } };
}

async function fetchMovieLens(
  store: ObjectStore,
  publisher: MovieLensPublisher,
  report: Parameters<StageWork<'ratings'>>[0],
  signal: AbortSignal,
) {
  const archive = await publisher.fetchArchive(signal, ({ receivedBytes, totalBytes }) =>
    report({
      done: receivedBytes,
      ...(totalBytes === undefined ? {} : { total: totalBytes }),
      unit: 'bytes',
    }),
  );
  const { ratings } = await extractRatings(archive, 'ml-100k.zip');
  const sha256 = createHash('sha256').update(ratings).digest('hex');
  if (sha256 !== publisher.ratingsSha256) {
    throw new WrongContentError(
      `Expected u.data of MovieLens 100K (SHA-256 ${publisher.ratingsSha256}), got ${ratings.length} bytes with ` +
        `SHA-256 ${sha256}: the copy was altered. To train on it all the same, pass it as a file: --source FILE`,
    );
  }
  const reference = await putContent(store, ratings, ratingsType);
  return { outputs: { ratings: reference }, facts: { bytes: reference.bytes } };
}
