import assert from 'node:assert/strict';
import { crc32, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { InvalidDataError } from '../../predictor/errors.js';
import { extractRatings } from '../../predictor/ratings/archive.js';
import { type ZipEntry, zipFile } from '../support/zip-file.js';

/** Every file of an archive, read in the slowest obvious way; undefined if anything in it looks wrong. */
export function referenceFiles(bytes: Uint8Array): Map<string, Uint8Array> | undefined {
  try {
    const zip = Buffer.from(bytes);
    const end = zip.lastIndexOf('PK\x05\x06');
    if (end < 0) return undefined;
    const files = new Map<string, Uint8Array>();
    let at = zip.readUInt32LE(end + 16);
    for (let entry = 0; entry < zip.readUInt16LE(end + 10); entry++) {
      if (zip.readUInt32BE(at) !== 0x504b0102) return undefined;
      const [method, crc] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 16)];
      const [packed, size] = [zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24)];
      const lengths = [28, 30, 32].map((field) => zip.readUInt16LE(at + field));
      const local = zip.readUInt32LE(at + 42);
      const name = zip.toString('utf8', at + 46, at + 46 + lengths[0]!);
      const content = contentAt(zip, local, packed, method);
      if (content?.length === size && crc32(content) === crc) files.set(name, content);
      at += 46 + lengths[0]! + lengths[1]! + lengths[2]!;
    }
    return files;
  } catch {
    return undefined;
  }
}

/** @returns undefined if this file is damaged; another one need not be */
function contentAt(zip: Buffer, local: number, packed: number, method: number): Buffer | undefined {
  try {
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const data = zip.subarray(from, from + packed);
    return method === 8 ? inflateRawSync(data, { maxOutputLength: 1 << 20 }) : data;
  } catch {
    return undefined;
  }
}

const content = fc.oneof(
  fc.constantFrom('', '1\t1\t1\t1\n', '1\t1\t1\t1\n'.repeat(500)),
  fc.string({ maxLength: 40 }),
);
const name = fc.constantFrom(
  ...['u.data', 'ml-100k/u.data', 'a/b/u.data', 'README', 'xu.data', 'u.data/', 'u.data.bak'],
  ...['../u.data', '/u.data', 'a\\u.data', 'C:u.data', './u.data', '\u001b[2Ju.data', ''],
);
const entry: fc.Arbitrary<ZipEntry> = fc.record(
  {
    name,
    content,
    method: fc.constantFrom(0, 8),
    flags: fc.constantFrom(0, 0, 0, 1),
    mode: fc.constantFrom(0, 0o100644, 0o120777),
    crc: fc.constantFrom(0, 0xffffffff),
    declaredSize: fc.constantFrom(0, 1, 8, 4000, 0x7fffffff, 0xffffffff),
  },
  { requiredKeys: ['name', 'content'] },
);
const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });

/** Entries, bytes of the archive that are overwritten, and a share of it that is cut off. */
export const archiveCase = fc.tuple(
  fc.array(entry, { maxLength: 4 }),
  damage,
  fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(60) }),
);

type ArchiveCase = typeof archiveCase extends fc.Arbitrary<infer Case> ? Case : never;

function isPlain({ name: path, content: held, crc, declaredSize, flags, mode }: ZipEntry): boolean {
  const harmless = !/^\/|\\|^[a-zA-Z]:|(^|\/)\.\.(\/|$)/.test(path);
  const bytes = Buffer.from(held);
  const asDeclared =
    [undefined, bytes.length].includes(declaredSize) && [undefined, crc32(bytes)].includes(crc);
  return harmless && asDeclared && !flags && mode !== 0o120777;
}

/**
 * Whatever the bytes: ratings, or an InvalidDataError. What is taken out is what the reference takes out, and an archive
 * of plain entries with one u.data is not refused.
 */
export async function readsOrRefuses([entries, overwritten, cut]: ArchiveCase): Promise<void> {
  const archive = zipFile(entries);
  for (const [at, byte] of overwritten) archive[at % archive.length] = byte;
  const bytes = archive.subarray(0, archive.length - cut);
  const wanted = entries.filter(({ name: path }) => /(^|\/)u\.data$/.test(path));
  const whole = overwritten.length === 0 && cut === 0;
  let taken;
  try {
    taken = await extractRatings(bytes, 'fuzz.zip');
  } catch (error) {
    assert.ok(error instanceof InvalidDataError, String(error));
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f-\u009f]/);
    assert.ok(!(whole && wanted.length === 1 && entries.every(isPlain)), error.message);
    return;
  }
  if (taken.entry === undefined) return; // no zip: taken as ratings, which the other parser judges
  if (whole) assert.ok(wanted.length === 1 && isPlain(wanted[0]!), JSON.stringify(entries));
  // By content: without a flag for UTF-8 a name is in code page 437, which the reference does not know.
  const files = [...(referenceFiles(bytes) ?? [])].filter(([path]) => path.endsWith('u.data'));
  assert.ok(
    files.some(([, expected]) => Buffer.compare(taken.ratings, expected) === 0),
    'the reference finds no such file',
  );
}
