import { RandomState } from '../random.js';

const users = 943;
const movies = 1682;
/** MovieLens 100K's first and last days, seconds since 1970-01-01 UTC. */
const firstSecond = 874_724_710;
const lastSecond = 893_286_638;
/** Share of each number of stars up to it, as in MovieLens 100K: 6, 11, 27, 34 and 21 %. */
const starsUpTo = [0.061, 0.175, 0.446, 0.788, 1] as const;
/** Share of neighbours in a sitting that share a second. */
const tieShare = 0.53;
/** Chance that a sitting ends after a rating, by its stars: what a model can learn. */
const stopAfterStars = [0.055, 0.034, 0.018, 0.011, 0.008] as const;

/**
 * Ratings shaped like MovieLens 100K in `u.data`'s format: as many users and movies, 20 to some hundred ratings each,
 * entered in sittings with many ties. Made by a seeded generator with arithmetic that is the same on every machine.
 */
export function syntheticRatings(seed = 1): Uint8Array {
  const random = new RandomState(seed);
  const lines: string[] = [];
  for (let user = 1; user <= users; user++) lines.push(...history(random, user));
  // u.data is in no order.
  return new TextEncoder().encode(
    `${Array.from(random.permutation(lines.length), (row) => lines[row]!).join('\n')}\n`,
  );
}

function history(random: RandomState, user: number): string[] {
  const skew = random.uniform();
  const count = 20 + Math.floor(500 * skew * skew * skew * (0.4 + random.uniform()));
  const seen = new Set<number>();
  const lines: string[] = [];
  let second = firstSecond + random.interval((lastSecond - firstSecond) >>> 1);
  while (lines.length < count) {
    const movie = unseenMovie(random, seen);
    const stars = drawStars(random);
    lines.push(`${user}\t${movie}\t${stars}\t${second}`);
    second = Math.min(second + gapAfter(random, stars), lastSecond);
  }
  return lines;
}

/** Popular movies have low numbers: the square of a uniform draw leans towards them. */
function unseenMovie(random: RandomState, seen: Set<number>): number {
  for (;;) {
    const draw = random.uniform();
    const movie = 1 + Math.floor(movies * draw * draw);
    if (!seen.has(movie)) {
      seen.add(movie);
      return movie;
    }
  }
}

function drawStars(random: RandomState): number {
  const draw = random.uniform();
  return 1 + starsUpTo.findIndex((share) => draw < share);
}

/** Seconds until the next rating: none, some of a sitting, or hours to months when the sitting ends. */
function gapAfter(random: RandomState, stars: number): number {
  if (random.uniform() < stopAfterStars[stars - 1]!) {
    const skew = random.uniform();
    return 7200 + Math.floor(6_000_000 * skew * skew * skew * skew);
  }
  if (random.uniform() < tieShare) return 0;
  const skew = random.uniform();
  return 1 + Math.floor(240 * skew * skew * skew);
}
