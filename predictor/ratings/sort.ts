import type { RatingColumns } from './parse.js';

/**
 * Order by user, then timestamp, ties in file order: half of all neighbours share a timestamp, so stability matters.
 * A radix sort by 16-bit digits, least significant first.
 * @returns [rows] file row at each place of the sorted table
 */
export function sortedOrder({ userId, timestamp }: Pick<RatingColumns, 'userId' | 'timestamp'>): Int32Array {
  const rows = userId.length;
  let order = Int32Array.from({ length: rows }, (_, row) => row);
  let next = new Int32Array(rows);
  const starts = new Uint32Array(65_537);
  for (const [keys, shift] of [
    [timestamp, 0],
    [timestamp, 16],
    [userId, 0],
    [userId, 16],
  ] as const) {
    starts.fill(0);
    for (let row = 0; row < rows; row++) starts[((keys[row]! >>> shift) & 0xffff) + 1]!++;
    if (starts.includes(rows)) continue; // all rows share this digit
    for (let digit = 0; digit < 65_536; digit++) starts[digit + 1]! += starts[digit]!;
    for (let place = 0; place < rows; place++) {
      const row = order[place]!;
      next[starts[(keys[row]! >>> shift) & 0xffff]!++] = row;
    }
    [order, next] = [next, order];
  }
  return order;
}

/** How many ratings are of a user and a movie that an earlier row has: a second opinion, or the row twice. */
export function countRepeated({ userId, movieId }: Pick<RatingColumns, 'userId' | 'movieId'>): number {
  const order = sortedOrder({ userId, timestamp: movieId });
  let repeated = 0;
  for (let place = 1; place < order.length; place++) {
    const [row, before] = [order[place]!, order[place - 1]!];
    if (userId[row] === userId[before] && movieId[row] === movieId[before]) repeated++;
  }
  return repeated;
}
