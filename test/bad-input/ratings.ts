import type { BadInput, BadInputs } from './case.js';

const start = 880_000_000;
/** Ratings of one user, a minute apart. */
const history = (user: number, length: number, gap = 60) =>
  Array.from({ length }, (_, index) => `${user}\t${index + 1}\t${(index % 5) + 1}\t${start + index * gap}`);
const good = [...history(1, 12), ...history(2, 12, 9000)];
const text = (lines: readonly string[], end = '\n') => `${lines.join(end)}${end}`;

function check(what: string, content: string | Uint8Array, more: Partial<BadInput> = {}): BadInput {
  return {
    what,
    files: { 'ratings.txt': content },
    argv: ['train', '--check', '--source', 'ratings.txt'],
    ends: 1,
    ...more,
  };
}

/** A file of good ratings, the third line replaced. */
const line = (what: string, bad: string, more: Partial<BadInput> = {}) =>
  check(what, text([...good.slice(0, 2), bad, ...good.slice(3)]), more);
const dropping = (most: number) => ({
  argv: ['train', '--check', '--source', 'ratings.txt', '--max-bad-rows', String(most)],
});
const accepted = { ends: 0, accepted: true };

export const ratings: BadInputs = {
  title: 'Ratings',
  cases: [
    line('a row with too few fields', '1\t2\t3'),
    line('a row with too many fields', '1\t2\t3\t880000000\t5'),
    line('commas in place of tabs', '1,2,3,880000000'),
    line('an empty row', ''),
    line('a word where a number belongs', '1\ttwo\t3\t880000000'),
    line('a number with a fraction', '1\t2\t3.5\t880000000'),
    line('a number that overflows', '1\t99999999999999999999\t3\t880000000'),
    line('a user 0, as in copies with rows added', '0\t50\t5\t881250949'),
    line('a rating of 0', '1\t2\t0\t880000000'),
    line('a rating of 6', '1\t2\t6\t880000000'),
    line('a negative timestamp', '1\t2\t3\t-5'),
    line('a timestamp in milliseconds', '1\t2\t3\t881250949000'),
    line('control characters', '1\t\u001b[2J\t3\t880000000'),
    line('one bad row, one may be dropped', '1\t2\t6\t880000000', { ...dropping(1), ends: 0 }),
    check('two bad rows, one may be dropped', text(['x', ...good, 'y']), dropping(1)),
    check('only bad rows, which may be dropped', text(['x', 'y']), dropping(5)),
    check('a row twice', text([...good, good[0]!]), { ends: 0 }),
    check('CRLF', text(good, '\r\n'), accepted),
    check('a byte-order mark', `\ufeff${text(good)}`, accepted),
    check('no newline at the end', good.join('\n'), accepted),
    check('blank lines at the end', `${text(good)}\n\n`, accepted),
    check('an empty file', ''),
    check('blank lines and no rating', '\n\n'),
    check('every user shorter than a window', text([...history(1, 5), ...history(2, 5)])),
    check('too few windows for two parts', text(history(1, 6))),
    check('only binges', text(history(1, 40)), { ends: 0 }),
    check('only stops', text(history(1, 40, 9000)), { ends: 0 }),
    check(
      'a user with a million ratings',
      text([...history(1, 1_000_000, 1), ...history(2, 12, 9000)]),
      accepted,
    ),
    check(
      'twenty million rows and one',
      new Uint8Array(160_000_008).fill(0).map((_, at) => [49, 9, 49, 9, 49, 9, 49, 10][at & 7]!),
    ),
    {
      what: 'an altered copy of MovieLens 100K',
      files: { 'ml-100k/u.data': text(good) },
      argv: ['train', '--check', '--source', '.'],
      ends: 0,
    },
  ],
};
