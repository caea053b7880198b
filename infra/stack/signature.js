import { createHash, createHmac } from 'node:crypto';

/** @typedef {import('./state.js').Credentials} Credentials */

/** @param {string | Uint8Array} value */
const sha256 = (value) => createHash('sha256').update(value).digest('hex');
/** @param {string | Uint8Array} key @param {string} value */
const hmac = (key, value) => createHmac('sha256', key).update(value).digest();

/**
 * Headers of a request signed with AWS Signature Version 4, service `s3`.
 * @param {Credentials} credentials
 * @param {{ method: string, url: URL, body: Uint8Array, region: string, now?: Date }} request
 * @returns {Record<string, string>}
 */
export function signedHeaders(
  { accessKeyId, secretAccessKey },
  { method, url, body, region, now = new Date() },
) {
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const date = time.slice(0, 8);
  const headers = { host: url.host, 'x-amz-content-sha256': sha256(body), 'x-amz-date': time };
  const names = Object.keys(headers).join(';');
  const query = [...url.searchParams].map((pair) => pair.map(encodeURIComponent).join('=')).sort();
  const canonical = [
    method,
    url.pathname,
    query.join('&'),
    ...Object.entries(headers).map(([name, value]) => `${name}:${value}`),
    '',
    names,
    headers['x-amz-content-sha256'],
  ].join('\n');
  const scope = `${date}/${region}/s3/aws4_request`;
  const key = [region, 's3', 'aws4_request'].reduce(
    (previous, part) => hmac(previous, part),
    hmac(`AWS4${secretAccessKey}`, date),
  );
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString(
    'hex',
  );
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
