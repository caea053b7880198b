import assert from 'node:assert/strict';
import { crc32, deflateRawSync } from 'node:zlib';
import { InvalidDataError } from '../../../predictor/errors.js';
import { extractRatings } from '../../../predictor/ratings/archive.js';

interface ZipEntry {
  readonly name: string;
  readonly content: string;
  readonly crc?: number;
  readonly declaredSize?: number;
  readonly flags?: number;
}

/** A zip archive, written by hand so that it can be wrong in one place. */
function zip(entries: readonly ZipEntry[]): Uint8Array {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, content, crc, declaredSize, flags = 0 } of entries) {
    const data = deflateRawSync(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc ?? crc32(content), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(declaredSize ?? Buffer.byteLength(content), 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    centrals.push(
      Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), fields, tail, Buffer.from(name)]),
    );
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return new Uint8Array(Buffer.concat([...locals, central, Buffer.from('PK\x05\x06'), end]));
}

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
    refuses(zip([{ name: 'ratings.csv', content: line }]), /u\.data in x\.zip, got ratings\.csv/));
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
  it('refuses a zip cut anywhere', async () => {
    const whole = zip([{ name: 'u.data', content: line.repeat(50) }]);
    for (let length = 2; length < whole.length; length += 7)
      await refuses(whole.subarray(0, length), /x\.zip/);
  });
});
