import type { X509Certificate } from 'node:crypto';

/** What Node does not tell of a certificate. */
export interface CertificateFields {
  /** Object identifier of the algorithm it is signed with, dotted. */
  readonly signatureAlgorithm: string;
  /** Object identifiers of its extensions, and whether who does not know one must refuse the certificate. */
  readonly extensions: readonly { readonly id: string; readonly critical: boolean }[];
  /** Most intermediates that may stand below it; absent where it sets no limit. */
  readonly pathLength?: number;
}

/** One value in DER: its tag, and where its content lies. */
interface Value {
  readonly tag: number;
  readonly content: Buffer;
  /** Where the next value begins. */
  readonly next: number;
}

const tags = { boolean: 1, integer: 2, octets: 4, objectId: 6, sequence: 0x30, extensions: 0xa3 } as const;
const basicConstraints = '2.5.29.19';

/**
 * Reads the fields of RFC 5280's `Certificate` that Node keeps to itself.
 * @throws RangeError if the bytes are not what OpenSSL would have read
 */
export function readCertificate({ raw }: Pick<X509Certificate, 'raw'>): CertificateFields {
  const [body, algorithm] = valuesIn(valueAt(raw, 0, tags.sequence).content);
  const extensionList = valuesIn(body!.content).find(({ tag }) => tag === tags.extensions);
  const extensions = extensionList
    ? valuesIn(valueAt(extensionList.content, 0, tags.sequence).content).map(readExtension)
    : [];
  const constraints = extensions.find(({ id }) => id === basicConstraints);
  const pathLength =
    constraints &&
    valuesIn(valueAt(constraints.value, 0, tags.sequence).content).find(({ tag }) => tag === tags.integer);
  return {
    signatureAlgorithm: readObjectId(valueAt(algorithm!.content, 0, tags.objectId).content),
    extensions: extensions.map(({ id, critical }) => ({ id, critical })),
    ...(pathLength ? { pathLength: readSmallInteger(pathLength.content) } : {}),
  };
}

/** `SEQUENCE { id, critical (absent: false), value }` */
function readExtension({ content }: Value): { id: string; critical: boolean; value: Buffer } {
  const parts = valuesIn(content);
  const value = parts.at(-1);
  if (parts[0]?.tag !== tags.objectId || value?.tag !== tags.octets) throw new RangeError('no extension');
  const critical = parts.some(({ tag, content: flag }) => tag === tags.boolean && flag[0] !== 0);
  return { id: readObjectId(parts[0].content), critical, value: value.content };
}

function valuesIn(bytes: Buffer): Value[] {
  const values: Value[] = [];
  for (let at = 0; at < bytes.length;) {
    const value = valueAt(bytes, at);
    values.push(value);
    at = value.next;
  }
  return values;
}

function valueAt(bytes: Buffer, at: number, wanted?: number): Value {
  const tag = bytes.readUInt8(at);
  let length = bytes.readUInt8(at + 1);
  let from = at + 2;
  if (length >= 0x80) {
    const size = length - 0x80;
    length = bytes.readUIntBE(from, size);
    from += size;
  }
  if (from + length > bytes.length || (wanted !== undefined && tag !== wanted)) {
    throw new RangeError(`no value of tag ${wanted ?? tag} at ${at}`);
  }
  return { tag, content: bytes.subarray(from, from + length), next: from + length };
}

function readSmallInteger(content: Buffer): number {
  return content.readIntBE(0, content.length);
}

/** X.690, 8.19: base 128, the first two numbers in one. */
function readObjectId(content: Buffer): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const first = numbers.shift() ?? 0;
  const arc = Math.min(2, Math.floor(first / 40));
  return [arc, first - 40 * arc, ...numbers].join('.');
}
