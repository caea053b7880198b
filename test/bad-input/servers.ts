import type { Answer, BadInput, BadInputs } from './case.js';

const nothingListens = '127.0.0.1:1';
/** No credentials but those of the case are found. */
const own = { HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };
const keys = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'geheim' };

const temporal = (what: string, environment: Readonly<Record<string, string>>): BadInput => ({
  ...{ what, argv: ['train', '--source', 'synthetic'], ends: 3, servers: true, environment },
});
const store = (what: string, environment: Readonly<Record<string, string>>): BadInput => ({
  ...{ what, argv: ['artifacts', 'list', 'latest'], ends: 3, servers: true },
  environment: { ...own, ...environment },
});
/** A store that answers every request in the same way. */
const answering = (what: string, answer: Answer, environment = {}): BadInput => ({
  ...{ what, argv: ['artifacts', 'list', 'named'], ends: 3, server: () => answer },
  environment: { ...own, ...keys, AWS_ENDPOINT_URL_S3: '{server}', ...environment },
});
const refusal = (status: number, code: string, message: string): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: new TextEncoder().encode(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  ),
});
const page = new TextEncoder().encode('<!doctype html>\n<title>Sign in</title>\n');

/** What a run has published that does not fit on a small disk. */
const fetched = (what: string, disk: string, run: string): BadInput => ({
  ...{ what, argv: ['artifacts', 'get', run, '--output', 'runs'], ends: 2, servers: true, disk },
  before: (world) => world.publish(run, 'x'.repeat(1 << 20)),
});

export const servers: BadInputs = {
  title: 'Servers and disks',
  cases: [
    {
      what: 'no word of where Temporal is',
      argv: ['runs', 'list'],
      ends: 3,
    },
    temporal('no Temporal: nothing listens there', { TEMPORAL_ADDRESS: nothingListens }),
    temporal('an address of Temporal that is none', { TEMPORAL_ADDRESS: 'http://127.0.0.1:1/' }),
    {
      ...temporal('a web server in the place of Temporal', { TEMPORAL_ADDRESS: '{host}' }),
      server: () => ({ status: 200, body: page }),
    },
    temporal('a namespace that is not there', { TEMPORAL_NAMESPACE: 'nowhere' }),
    temporal('an address of S3 that is none, when ratings are to be stored', {
      AWS_ENDPOINT_URL_S3: 'minio:9000',
    }),
    store('no S3: nothing listens there', { AWS_ENDPOINT_URL_S3: `http://${nothingListens}` }),
    store('an address of S3 of another protocol', { AWS_ENDPOINT_URL_S3: 'ftp://minio:9000' }),
    store('an address of S3 with a password', { AWS_ENDPOINT_URL_S3: 'http://me:geheim@minio:9000' }),
    store('a bucket of others', { STREAMSAGE_BUCKET: 'somebody-elses' }),
    store('a bucket that cannot be', { STREAMSAGE_BUCKET: '../etc' }),
    store('a bucket with control characters in its name', { STREAMSAGE_BUCKET: 'b\u001b[2J' }),
    answering(
      'a bucket that is not there',
      refusal(404, 'NoSuchBucket', 'The specified bucket does not exist'),
    ),
    store('a wrong secret', { AWS_SECRET_ACCESS_KEY: 'geheim' }),
    store('a key that is unknown', keys),
    store('no credentials', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }),
    answering(
      'credentials that have expired',
      refusal(400, 'ExpiredToken', 'The provided token has expired.'),
      { AWS_SESSION_TOKEN: 'geheim' },
    ),
    answering(
      'a clock that is wrong',
      refusal(
        403,
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
      ),
    ),
    {
      ...answering('a page in the place of S3', {
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: page,
      }),
      ends: 1,
    },
    answering('a page in the place of an error', {
      status: 404,
      headers: { 'content-type': 'text/html' },
      body: page,
    }),
    answering(
      'control characters in the answer of a store',
      refusal(403, 'AccessDenied', 'Denied.&#x9b;2J\u202e'),
    ),
    { ...fetched('a disk that is full', 'size=64k', 'large-1'), ends: 1 },
    fetched('a disk that may only be read', 'size=64k,ro', 'large-2'),
  ],
};
