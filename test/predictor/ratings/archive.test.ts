import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvalidDataError } from '../../../predictor/errors.js';
import { extractRatings } from '../../../predictor/ratings/archive.js';
import { archiveCase, readsOrRefuses } from '../../fuzz/archive.js';
import { zipFile as zip } from '../../support/zip-file.js';

const line = '1\t2\t3\t4\n';
const refuses = (bytes: Uint8Array, message: RegExp) =>
  assert.rejects(extractRatings(bytes, 'x.zip'), (error: Error) => {
    assert.ok(error instanceof InvalidDataError, String(error));
    assert.match(error.message, message);
    return true;
  });

describe('extracting ratings', () => {
  it('takes a file that is no zip as the ratings themselves', async () => {
    const bytes = new TextEncoder().encode(line);
    assert.deepEqual(await extractRatings(bytes, 'ratings.txt'), { ratings: bytes });
  });

  it('finds u.data in any folder of a zip', async () => {
    const archive = zip([
      { name: 'ml-100k/README', content: 'x' },
      { name: 'ml-100k/u.data', content: line },
    ]);
    const { ratings, entry } = await extractRatings(archive, 'x.zip');
    assert.equal(new TextDecoder().decode(ratings), line);
    assert.equal(entry, 'ml-100k/u.data');
  });

  it('refuses an empty file', () => refuses(new Uint8Array(), /empty file/));
  it('refuses a zip without u.data, naming what it holds', () =>
    refuses(zip([{ name: 'ratings.csv', content: line }]), /u\.data in x\.zip, got "ratings\.csv"/));
  it('refuses a zip without entries', () => refuses(zip([]), /got no entry/));
  it('refuses two of them', () =>
    refuses(
      zip([
        { name: 'a/u.data', content: line },
        { name: 'b/u.data', content: line },
      ]),
      /one u\.data/,
    ));
  it('refuses a name that climbs out', () =>
    refuses(zip([{ name: '../u.data', content: line }]), /x\.zip .*\.\./));
  it('refuses an absolute name', () => refuses(zip([{ name: '/u.data', content: line }]), /absolute/));
  it('refuses an encrypted entry', () =>
    refuses(zip([{ name: 'u.data', content: line, flags: 1 }]), /unencrypted/));
  it('refuses content that is not what its checksum says', () =>
    refuses(zip([{ name: 'u.data', content: line, crc: 1 }]), /damaged/));
  it('refuses a declared size beyond the limit before it inflates anything', () =>
    refuses(
      zip([{ name: 'u.data', content: line, declaredSize: 400_000_000 }]),
      /at most 268435456 bytes, got 400000000/,
    ));
  it('refuses more content than was declared', () =>
    refuses(zip([{ name: 'u.data', content: line.repeat(9), declaredSize: 5 }]), /x\.zip/));
  it('refuses thousands of entries', () =>
    refuses(
      zip(Array.from({ length: 1001 }, (_, index) => ({ name: `f${index}`, content: '' }))),
      /at most 1000 entries/,
    ));
  it('refuses a link', () =>
    refuses(zip([{ name: 'u.data', content: '/etc/passwd', mode: 0o120777 }]), /got a link/));
  it('shows no control characters of names', async () => {
    const names = ['\u001b[2J', '\u001b[2J/../x', '\u202eatad.u'];
    for (const name of names) {
      await assert.rejects(
        extractRatings(zip([{ name, content: line }]), name),
        // eslint-disable-next-line no-control-regex
        (error: Error) => !/[\u001b\u202e]/.test(error.message),
      );
    }
  });
  it('gives ratings or refuses, whatever the bytes, and never other ratings than a slow reader', () =>
    fc.assert(fc.asyncProperty(archiveCase, readsOrRefuses), { numRuns: 2000, seed: 1 }));
  it('refuses a zip cut anywhere', async () => {
    const whole = zip([{ name: 'u.data', content: line.repeat(50) }]);
    for (let length = 2; length < whole.length; length += 7)
      await refuses(whole.subarray(0, length), /x\.zip/);
  });
});
