import { zipFile } from '../support/zip-file.js';
import type { Answer, BadInput, BadInputs } from './case.js';

const altered = zipFile([{ name: 'ml-100k/u.data', content: '0\t50\t5\t881250949\n' }]);
const check = (what: string, source: string, more: Partial<BadInput> = {}): BadInput => ({
  ...{ what, argv: ['train', '--check', '--source', source], ends: 2 },
  ...more,
});
/** MovieLens 100K from a server of the case's own. */
const movielens = (what: string, server: (path: string) => Answer): BadInput => ({
  what,
  argv: ['dataset'],
  environment: { STREAMSAGE_MOVIELENS_URL: 'publisher={server}/ml-100k.zip,mirror={server}/copy.zip' },
  ends: 1,
  server,
});
const url = (what: string, server: (path: string) => Answer): BadInput => ({
  what,
  argv: ['dataset', '--source', '{server}/ratings.txt'],
  ends: 1,
  server,
});

export const sources: BadInputs = {
  title: 'Sources',
  cases: [
    check('a file that is not there', 'nowhere.zip'),
    check('a folder without u.data', '.'),
    check('a device', '/dev/null'),
    check('nothing on standard input', '-', { ends: 1, input: new Uint8Array() }),
    check('an address with a password', 'https://me:geheim@example.org/ml-100k.zip'),
    check('an address with a token', 'https://example.org/ml-100k.zip?token=geheim'),
    check('an address that is none', 'https://'),
    check('a bucket without an object', 's3://bucket'),
    movielens('a publisher and a mirror whose copies are altered', () => ({ status: 200, body: altered })),
    movielens('a publisher that is gone, and a mirror that sends a page', (path) =>
      path === '/ml-100k.zip'
        ? { status: 404 }
        : { status: 200, body: new TextEncoder().encode('<html>Sign in</html>') },
    ),
    url('an address that is gone', () => ({ status: 404 })),
    url('an address that leads elsewhere without end', () => ({
      status: 302,
      headers: { location: '/again' },
    })),
    url('an address that leads to another protocol', () => ({
      status: 302,
      headers: { location: 'ftp://a/b' },
    })),
    url('a page in place of ratings', () => ({
      status: 200,
      body: new TextEncoder().encode('<!doctype html>\n<title>Not here</title>\n'),
    })),
    url('more than the limit', () => ({ status: 200, headers: { 'content-length': '9999999999' } })),
    {
      what: 'a file where the output folder should be',
      files: { runs: 'a file' },
      argv: ['train', '--check', '--source', 'synthetic', '--output', 'runs/new'],
      ends: 2,
    },
  ],
};
