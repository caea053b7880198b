/**
 * Addresses that ratings may come from. They stand in workflow histories and logs, so one that carries a secret is
 * refused.
 */

/** An address of ratings cannot be used, or carries what may be a secret. Trying again cannot help. */
export class InvalidSourceError extends Error {
  override readonly name = 'InvalidSourceError';
}

/** Parts of a query that tell which file is meant; any other may be a credential. */
const harmlessQuery = ['dl', 'download', 'format', 'inline', 'raw', 'ref', 'revision', 'version'];
const way =
  'Download it and pass the file, or pass it on: curl … | npx --no-install streamsage train --source -';

/**
 * An address as it may be kept: http or https, without name, password or token, and without a fragment.
 * @throws InvalidSourceError that shows no part that may be secret
 */
export function checkSourceUrl(text: string): string {
  const url = text.length <= 2000 && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidSourceError(
      'Expected an address of ratings to begin with http:// or https:// and a host',
    );
  }
  const place = `${url.protocol}//${url.host}${url.pathname}`;
  if (url.username !== '' || url.password !== '') {
    throw new InvalidSourceError(
      `Expected an address without user name and password, got one for ${place}: it would stand in the run's history. ${way}`,
    );
  }
  for (const [name, value] of url.searchParams) {
    if (harmlessQuery.includes(name.toLowerCase()) && /^[\w.-]{0,64}$/.test(value)) continue;
    throw new InvalidSourceError(
      `Expected an address without secrets, got ${place} with a query that may hold one (allowed are short values of ` +
        `${harmlessQuery.join(', ')}): it would stand in the run's history. ${way}`,
    );
  }
  url.hash = '';
  return url.href;
}

export interface S3Address {
  readonly bucket: string;
  readonly key: string;
}

/**
 * Bucket and key of `s3://bucket/key`.
 * @throws InvalidSourceError
 */
export function parseS3Address(text: string): S3Address {
  const [, bucket, key] = /^s3:\/\/([^/]*)\/(.*)$/s.exec(text) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new InvalidSourceError(`Expected \`s3://bucket/key\`, got ${JSON.stringify(text.slice(0, 100))}`);
  }
  return checkS3Address({ bucket, key });
}

/** @throws InvalidSourceError */
export function checkS3Address({ bucket, key }: S3Address): S3Address {
  const printable = /^[^\p{C}]{1,1000}$/u.test(key);
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || !printable || key.endsWith('/')) {
    throw new InvalidSourceError(
      `Expected \`s3://bucket/key\` of one object, got bucket ${JSON.stringify(bucket.slice(0, 100))} and key ` +
        JSON.stringify(key.slice(0, 100)),
    );
  }
  return { bucket, key };
}
