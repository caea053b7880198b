import type { RatingsSources } from '../activities/download.js';
import { downloadMovieLens, movielensRatingsSha256 } from '../adapters/movielens.js';
import { createS3Source } from '../adapters/s3-source.js';
import { loadMovieLensSources, loadPrivateSourcesAllowed, type Settings } from '../adapters/settings.js';
import { fetchUrl } from '../adapters/url-source.js';

/** Every place that this worker may bring ratings from. */
export function createRatingsSources({ s3 }: Pick<Settings, 's3'>): RatingsSources {
  const sources = loadMovieLensSources();
  const privateAllowed = loadPrivateSourcesAllowed();
  return {
    movielensSha256: movielensRatingsSha256,
    fetchMovieLens: (accept, question) => downloadMovieLens({ sources, accept, ...question }),
    fetchUrl: (url, question) => fetchUrl(url, { ...question, privateAllowed }),
    fetchS3: createS3Source(s3),
  };
}
