import { sha256 } from '../digest.js';
import { InvalidWeightsError } from '../errors.js';
import { sizeOf } from './weights.js';

/**
 * Named tensors in the safetensors format (https://github.com/huggingface/safetensors): an 8-byte little-endian length,
 * that much JSON with name, dtype, shape and offsets of each tensor, then their bytes. Any tool of the field reads it.
 */
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

export interface TensorFile {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const maximumHeader = 16 * 1024 * 1024;
/** Digest of the tensors' bytes, in the metadata: an altered file is refused. */
const digestName = 'data_sha256';

export function encodeTensors({ tensors, metadata }: TensorFile): Uint8Array {
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    const end = offset + values.byteLength;
    header[name] = {
      dtype: values instanceof Float64Array ? 'F64' : 'F32',
      shape,
      data_offsets: [offset, end],
    };
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    offset = end;
  }
  const data = Buffer.concat(parts);
  const json = JSON.stringify({ __metadata__: { ...metadata, [digestName]: sha256(data) }, ...header });
  const encoded = new TextEncoder().encode(json);
  // Padded with spaces to a multiple of 8, so that the data is aligned.
  const headerLength = Math.ceil(encoded.length / 8) * 8;
  const file = new Uint8Array(8 + headerLength + data.length).fill(0x20, 8, 8 + headerLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.set(encoded, 8);
  file.set(data, 8 + headerLength);
  return file;
}

/**
 * Reads what encodeTensors wrote.
 * @param what names the file in errors
 * @throws InvalidWeightsError if it is truncated, altered or something else
 */
export function decodeTensors(what: string, bytes: Uint8Array): TensorFile {
  const { header, data } = split(what, bytes);
  const { __metadata__: metadata, ...entries } = header;
  if (!isStringRecord(metadata)) throw invalid(what, 'it has no metadata');
  // A file that names no format is of the first (docs/decisions/0007-versions.md).
  const format = metadata['format_version'] ?? '1';
  if (format !== '1') throw invalid(what, `a newer StreamSage wrote it, in format ${format}`);
  if (metadata[digestName] !== sha256(data))
    throw invalid(what, 'its checksum is wrong: it was truncated or altered');
  const tensors = Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => [name, decodeTensor(what, name, entry, data)]),
  );
  return { tensors, metadata };
}

function split(what: string, bytes: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } {
  if (bytes.length < 8) throw invalid(what, `it has ${bytes.length} bytes`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(Math.min(maximumHeader, bytes.length - 8)))
    throw invalid(what, 'its header is cut off');
  const end = 8 + Number(length);
  try {
    const header: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, end)),
    );
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) {
      return { header: header as Record<string, unknown>, data: bytes.subarray(end) };
    }
  } catch {
    // reported below
  }
  throw invalid(what, 'its header is no JSON object');
}

function decodeTensor(what: string, name: string, entry: unknown, data: Uint8Array): Tensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const width = dtype === 'F64' ? 8 : 4;
  if ((dtype !== 'F32' && dtype !== 'F64') || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw invalid(
      what,
      `tensor ${JSON.stringify(name)} is not described as float32 or float64 with shape and offsets`,
    );
  }
  const [from, to] = offsets as [number, number];
  const size = sizeOf(shape);
  if (to > data.length || to - from !== size * width) {
    throw invalid(what, `tensor ${JSON.stringify(name)} does not lie within the file`);
  }
  // Copied: the values are aligned, and nobody else's. A Buffer's `slice` would be a view of the whole file.
  const { buffer } = new Uint8Array(data.subarray(from, to));
  return { shape, values: dtype === 'F64' ? new Float64Array(buffer) : new Float32Array(buffer) };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

function isStringRecord(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}

function invalid(what: string, why: string): InvalidWeightsError {
  return new InvalidWeightsError(`Expected ${what} to be a whole safetensors file: ${why}`);
}
