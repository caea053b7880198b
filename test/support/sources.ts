import type { RatingsSources } from '../../activities/download.js';

const nobody = () => Promise.reject(new Error('not asked for'));

/** Sources that nobody may ask. */
export const noSources: RatingsSources = {
  movielensSha256: 'none',
  fetchMovieLens: nobody,
  fetchUrl: nobody,
  fetchS3: nobody,
};
