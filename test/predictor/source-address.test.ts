import assert from 'node:assert/strict';
import { checkSourceUrl, InvalidSourceError, parseS3Address } from '../../predictor/source-address.js';

describe('an address of ratings', () => {
  it('is taken as it may be kept', () => {
    assert.equal(checkSourceUrl('https://Host:443/a b#part'), 'https://host/a%20b');
    const harmless = 'https://host/a.zip?download=1&version=v2.0';
    assert.equal(checkSourceUrl(harmless), harmless);
  });

  for (const [what, address] of [
    ['a password', 'https://me:geheim@host/x'],
    ['a user name alone', 'https://geheim@host/x'],
    ['a signature', 'https://host/x?X-Amz-Signature=geheim'],
    ['a token', 'https://host/x?raw=1&token=geheim'],
    ['a parameter that nobody knows', 'https://host/x?q=geheim'],
    ['a long value', `https://host/x?version=geheim${'0'.repeat(64)}`],
    ['another protocol', 'ftp://host/geheim'],
    ['no host', 'https:///?geheim'],
  ] as const) {
    it(`is refused with ${what}, which is not shown`, () => {
      assert.throws(
        () => checkSourceUrl(address),
        (error: unknown) => error instanceof InvalidSourceError && !error.message.includes('geheim'),
      );
    });
  }

  it('names one object of a bucket', () => {
    assert.deepEqual(parseS3Address('s3://my.bucket-1/a/b c.zip'), {
      bucket: 'my.bucket-1',
      key: 'a/b c.zip',
    });
    for (const wrong of [
      's3://',
      's3://bucket',
      's3://bucket/',
      's3://b/x',
      's3://Bucket/x',
      's3://bucket/a/',
      's3://bucket/\u001b[2J',
      's3:/bucket/x',
    ]) {
      assert.throws(() => parseS3Address(wrong), InvalidSourceError, wrong);
    }
  });
});
