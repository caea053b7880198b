import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readSource } from '../../cli/read-source.js';
import { resolveParameters } from '../../predictor/config.js';
import { syntheticRatings } from '../../predictor/ratings/synthetic.js';

describe('--source', () => {
  let folder: string;
  const ratings = syntheticRatings();
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'streamsage-source-'))));
  afterEach(() => rm(folder, { recursive: true }));
  const input = (stream: Readable, isTTY = false) =>
    Object.assign(stream, { isTTY }) as unknown as NodeJS.ReadStream;

  it('takes names and addresses as they are', async () => {
    assert.deepEqual(await readSource('synthetic'), { kind: 'synthetic' });
    assert.deepEqual(await readSource('HTTPS://host/x#y'), { kind: 'url', url: 'https://host/x' });
    assert.deepEqual(await readSource('s3://bucket/x'), { kind: 's3', bucket: 'bucket', key: 'x' });
  });

  it('takes a file, a folder that holds u.data, or ml-100k/u.data', async () => {
    const file = join(folder, 'r.txt');
    await writeFile(file, ratings);
    const read = await readSource(file);
    assert.ok(read.kind === 'file' && read.name === 'r.txt');
    await assert.rejects(readSource(folder), /to hold u\.data or ml-100k\/u\.data, got neither/);
    await mkdir(join(folder, 'ml-100k'));
    await writeFile(join(folder, 'ml-100k', 'u.data'), ratings);
    const unpacked = await readSource(folder);
    assert.ok(unpacked.kind === 'file' && unpacked.name === 'u.data');
    assert.match(unpacked.notes.join(), /not MovieLens 100K as it was published/);
    assert.deepEqual(await readSource(join(folder, 'ml-100k')), unpacked);
  });

  it('takes standard input, and no terminal', async () => {
    const [half, rest] = [ratings.subarray(0, 1000), ratings.subarray(1000)];
    const read = await readSource(
      '-',
      resolveParameters(),
      input(Readable.from([Buffer.from(half), Buffer.from(rest)])),
    );
    assert.ok(read.kind === 'file' && read.name === 'stdin');
    assert.deepEqual(Buffer.from(read.ratings), Buffer.from(ratings));
    await assert.rejects(
      readSource('-', resolveParameters(), input(Readable.from([]), true)),
      /got a terminal/,
    );
  });
});
