import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { InvalidWeightsError } from '../../../predictor/errors.js';
import { decodeTensors, encodeTensors } from '../../../predictor/model/safetensors.js';

const values = Float32Array.of(1, 2, 3, 4);
const whole = { dtype: 'F32', shape: [4], data_offsets: [0, 16] };

/** A file whose digest is right, whatever its header says of the tensor. */
function fileSaying(entry: unknown, headerLength?: bigint): Uint8Array {
  const data = new Uint8Array(values.buffer);
  const digest = createHash('sha256').update(data).digest('hex');
  const header = Buffer.from(JSON.stringify({ __metadata__: { data_sha256: digest }, t: entry }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerLength ?? BigInt(header.length));
  return new Uint8Array(Buffer.concat([length, header, data]));
}

describe('a safetensors file', () => {
  it('begins with the length of its header, and has aligned data after it', () => {
    const file = encodeTensors({ tensors: { t: { shape: [2, 2], values } }, metadata: { a: 'b' } });
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<
      string,
      unknown
    >;
    assert.equal(length % 8, 0);
    assert.deepEqual(header['t'], { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] });
    assert.equal((header['__metadata__'] as Record<string, string>)['a'], 'b');
    assert.deepEqual(file.slice(8 + length), new Uint8Array(values.buffer));
  });

  it('is read from any kind of bytes, at any offset', () => {
    const file = encodeTensors({ tensors: { t: { shape: [4], values } }, metadata: {} });
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    for (const bytes of [file, Buffer.from(file), shifted.subarray(3)]) {
      assert.deepEqual(decodeTensors('x', bytes).tensors['t'], { shape: [4], values });
    }
  });

  it('of a later format is refused, and one that says it is of the first is not', () => {
    const of = (format_version: string) =>
      encodeTensors({ tensors: { t: { shape: [4], values } }, metadata: { format_version } });
    assert.deepEqual(decodeTensors('x', of('1')).tensors['t']!.values, values);
    assert.throws(
      () => decodeTensors('x', of('2')),
      (error: Error) => {
        return (
          error instanceof InvalidWeightsError && /newer StreamSage wrote it, in format 2/.test(error.message)
        );
      },
    );
  });

  it('gives values of its own', () => {
    const file = encodeTensors({ tensors: { t: { shape: [4], values } }, metadata: {} });
    const { tensors } = decodeTensors('x', file);
    file.fill(0);
    assert.deepEqual(tensors['t']!.values, values);
  });

  it('is accepted as made here by hand, so that what follows fails for its own reason', () => {
    assert.deepEqual(decodeTensors('x', fileSaying(whole)).tensors['t']!.values, values);
  });

  const hostile: [string, unknown][] = [
    ['ends behind the file', { ...whole, shape: [5], data_offsets: [0, 20] }],
    ['begins behind its end', { ...whole, shape: [0], data_offsets: [16, 8] }],
    ['begins before the data', { ...whole, data_offsets: [-8, 8] }],
    ['has fewer bytes than its shape', { ...whole, shape: [5] }],
    ['has a shape beyond all memory', { ...whole, shape: [2 ** 40, 2 ** 40] }],
    ['has half an axis', { ...whole, shape: [0.5, 8] }],
    ['has three offsets', { ...whole, data_offsets: [0, 16, 16] }],
    ['has another type of number', { ...whole, dtype: 'F16' }],
    ['is described by nothing', null],
    ['is described by a list', []],
  ];
  for (const [what, entry] of hostile) {
    it(`is refused if a tensor ${what}`, () => {
      assert.throws(
        () => decodeTensors('x', fileSaying(entry)),
        (error) => error instanceof InvalidWeightsError && /tensor "t"/.test(error.message),
      );
    });
  }

  it('is refused if its header is longer than the file', () => {
    for (const length of [2n ** 64n - 1n, 2n ** 32n, 1000n]) {
      assert.throws(() => decodeTensors('x', fileSaying(whole, length)), /header is cut off/);
    }
  });
});
