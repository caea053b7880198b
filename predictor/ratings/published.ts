import { sha256 } from '../digest.js';
import { WrongContentError } from '../errors.js';
import { extractRatings } from './archive.js';

/**
 * The `u.data` of a file that has to be MovieLens 100K: the publisher's archive, another one, or the bare ratings.
 * @param name names the file in errors
 * @param expected SHA-256 of the published `u.data`, which is the data's identity, whatever zipped it
 * @throws WrongContentError, or InvalidDataError if there is no `u.data` in it
 */
export async function publishedRatings(
  file: Uint8Array,
  name: string,
  expected: string,
): Promise<Uint8Array> {
  const { ratings } = await extractRatings(file, name);
  const digest = sha256(ratings);
  if (digest !== expected) {
    throw new WrongContentError(
      `expected u.data of MovieLens 100K (SHA-256 ${expected}), got ${ratings.length} bytes with SHA-256 ${digest}: ` +
        'the copy was altered',
    );
  }
  return ratings;
}
