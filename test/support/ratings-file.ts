import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syntheticRatings } from '../../predictor/ratings/synthetic.js';

/** A small ratings file: made-up histories of the first users. Returns its path. */
export async function smallRatingsFile(folder: string, users = 80): Promise<string> {
  const lines = new TextDecoder().decode(syntheticRatings(3)).split('\n');
  const kept = lines.filter((line) => line !== '' && Number(line.split('\t')[0]) <= users);
  const path = join(folder, 'ratings.txt');
  await writeFile(path, `${kept.join('\n')}\n`);
  return path;
}
