import { crc32 } from 'node:zlib';
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';
import { InvalidDataError } from '../errors.js';
import { quote, withoutControls } from './quote.js';

/** The largest file that is taken, zipped or not, bytes: a hundred times MovieLens 100K's archive. */
export const maximumArchiveBytes = 512 * 1024 * 1024;
/** A hundred times MovieLens 100K's `u.data`; a zip bomb does not get further. */
const maximumBytes = 256 * 1024 * 1024;
const maximumEntries = 1000;
const wanted = /(^|\/)u\.data$/;

/**
 * The ratings inside a file: the `u.data` of a zip, in whatever folder of it, or the file itself if it is no zip.
 * Archives are taken as hostile: names that climb out, encryption, bombs and wrong checksums are refused.
 * @param name names the file in errors
 * @throws InvalidDataError
 */
export async function extractRatings(
  bytes: Uint8Array,
  name: string,
): Promise<{ ratings: Uint8Array; entry?: string }> {
  const file = withoutControls(name);
  if (bytes.length === 0)
    throw new InvalidDataError(`Expected ratings or a zip in ${file}, got an empty file`);
  if (bytes.length > maximumArchiveBytes) {
    throw new InvalidDataError(
      `Expected ${file} to be at most ${maximumArchiveBytes} bytes, got ${bytes.length}`,
    );
  }
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (!isZip) {
    if (bytes.length > maximumBytes) throw tooLarge(file, bytes.length);
    return { ratings: bytes };
  }
  try {
    return await extract(bytes, file);
  } catch (error) {
    if (error instanceof InvalidDataError) throw error;
    const reason = withoutControls(error instanceof Error ? error.message : String(error));
    throw new InvalidDataError(`Expected ${file} to be a whole, plain zip archive: ${reason}`);
  }
}

async function extract(bytes: Uint8Array, name: string): Promise<{ ratings: Uint8Array; entry: string }> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const zip = await openZip(buffer);
  if (zip.entryCount > maximumEntries) {
    throw new InvalidDataError(
      `Expected at most ${maximumEntries} entries in ${name}, got ${zip.entryCount}`,
    );
  }
  const names: string[] = [];
  let found: Entry | undefined;
  for await (const entry of entries(zip)) {
    names.push(entry.fileName);
    if (!wanted.test(entry.fileName)) continue;
    if (found) {
      throw new InvalidDataError(
        `Expected one u.data in ${name}, got ${quote(found.fileName)} and ${quote(entry.fileName)}`,
      );
    }
    found = entry;
  }
  if (!found) {
    const held = names.slice(0, 8).map(quote).join(', ');
    throw new InvalidDataError(
      `Expected a file u.data in ${name}, got ${names.length === 0 ? 'no entry' : held}. Pass the ratings file itself if it has another name`,
    );
  }
  const where = `${withoutControls(found.fileName)} in ${name}`;
  if (found.isEncrypted())
    throw new InvalidDataError(`Expected ${where} to be unencrypted: unzip it with its password first`);
  if (isLink(found)) throw new InvalidDataError(`Expected ${where} to be a file, got a link to another one`);
  return { ratings: await readEntry(zip, found, where), entry: found.fileName };
}

/** Unix's file type stands in the upper half of the attributes. */
function isLink(entry: Entry): boolean {
  return ((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000;
}

function tooLarge(what: string, size: number): InvalidDataError {
  return new InvalidDataError(`Expected ${what} to be at most ${maximumBytes} bytes, got ${size}`);
}

function openZip(buffer: Buffer): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    // strictFileNames and decodeStrings: yauzl refuses absolute names, backslashes and `..`.
    const options = { lazyEntries: true, autoClose: false, strictFileNames: true, validateEntrySizes: true };
    fromBuffer(buffer, options, (error, zip) => (error ? reject(error) : resolve(zip)));
  });
}

async function* entries(zip: ZipFile): AsyncGenerator<Entry> {
  for (;;) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      const settle = (done: () => void) => {
        zip.removeAllListeners();
        done();
      };
      zip.once('entry', (next: Entry) => settle(() => resolve(next)));
      zip.once('end', () => settle(() => resolve(undefined)));
      zip.once('error', (error: Error) => settle(() => reject(error)));
      zip.readEntry();
    });
    if (!entry) return;
    yield entry;
  }
}

async function readEntry(zip: ZipFile, entry: Entry, where: string): Promise<Uint8Array> {
  if (entry.uncompressedSize > maximumBytes) throw tooLarge(where, entry.uncompressedSize);
  const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maximumBytes) throw tooLarge(where, size);
    chunks.push(chunk);
  }
  const ratings = new Uint8Array(Buffer.concat(chunks));
  if (crc32(ratings) !== entry.crc32) {
    throw new InvalidDataError(
      `Expected ${where} to have the checksum the archive names: the copy is damaged`,
    );
  }
  return ratings;
}
