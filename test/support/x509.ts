import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A certificate made for a test, in every detail that one may want to be wrong. */
export interface CertificateRequest {
  readonly name: string;
  /** Who signs it; absent: it signs itself. */
  readonly issuer?: Certificate;
  /** Days from now; negative: in the past. */
  readonly from?: number;
  readonly to?: number;
  readonly authority?: boolean;
  readonly pathLength?: number;
  /** DNS names, and addresses of IPv4. */
  readonly hosts?: readonly string[];
  /** Extended key usage: object identifiers. */
  readonly uses?: readonly string[];
  /** Key usage, its bits from the left; 0x06 signs certificates, 0x80 signs. */
  readonly keyUsage?: number;
  /** Object identifier of a critical extension that nobody knows. */
  readonly critical?: string;
  /** A DNS name to which an authority is bound. */
  readonly boundTo?: string;
  readonly digest?: 'sha256' | 'sha1';
  readonly rsaBits?: number;
  /** Signs with a key of its own, as if it were the issuer's. */
  readonly forged?: boolean;
}

export interface Certificate {
  readonly name: string;
  readonly pem: string;
  /** PKCS#8, PEM. */
  readonly key: string;
  readonly privateKey: KeyObject;
}

const day = 86_400_000;

/** X.509 version 3 in DER (RFC 5280), signed by RSA or ECDSA. */
export function makeCertificate(request: CertificateRequest): Certificate {
  const { name, issuer, from = -30, to = 30, digest = 'sha256', rsaBits } = request;
  const pair =
    rsaBits === undefined
      ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      : generateKeyPairSync('rsa', { modulusLength: rsaBits });
  const { privateKey, publicKey } = pair;
  const own = issuer === undefined ? privateKey : issuer.privateKey;
  const signer = request.forged ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey : own;
  const algorithm = sequence(
    objectId(
      signer.asymmetricKeyType === 'rsa'
        ? `1.2.840.113549.1.1.${digest === 'sha1' ? 5 : 11}`
        : `1.2.840.10045.4.${digest === 'sha1' ? '1' : '3.2'}`,
    ),
    ...(signer.asymmetricKeyType === 'rsa' ? [value(5)] : []),
  );
  const body = sequence(
    value(0xa0, value(2, Buffer.of(2))),
    value(2, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    distinguishedName(issuer?.name ?? name),
    sequence(time(from), time(to)),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    value(0xa3, sequence(...extensionsOf(request))),
  );
  const signature = sign(digest, body, signer);
  const der = sequence(body, algorithm, value(3, Buffer.concat([Buffer.of(0), signature])));
  const base64 = der.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    name,
    pem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    privateKey,
  };
}

function extensionsOf(request: CertificateRequest): Buffer[] {
  const { authority = false, pathLength, hosts, uses, keyUsage, critical, boundTo } = request;
  const dnsName = (host: string) => value(0x82, Buffer.from(host));
  const address = (host: string) => value(0x87, Buffer.from(host.split('.').map(Number)));
  const names = (hosts ?? []).map((host) => (isIPv4(host) ? address(host) : dnsName(host)));
  const constraints = [
    ...(authority ? [value(1, Buffer.of(0xff))] : []),
    ...(pathLength === undefined ? [] : [value(2, Buffer.of(pathLength))]),
  ];
  return [
    extension('2.5.29.19', true, sequence(...constraints)),
    ...(keyUsage === undefined ? [] : [extension('2.5.29.15', true, value(3, Buffer.of(0, keyUsage)))]),
    ...(names.length > 0 ? [extension('2.5.29.17', false, sequence(...names))] : []),
    ...(uses ? [extension('2.5.29.37', false, sequence(...uses.map(objectId)))] : []),
    ...(boundTo === undefined
      ? []
      : [extension('2.5.29.30', true, sequence(value(0xa0, sequence(dnsName(boundTo)))))]),
    ...(critical === undefined ? [] : [extension(critical, true, value(5))]),
  ];
}

function extension(id: string, critical: boolean, content: Buffer): Buffer {
  return sequence(objectId(id), ...(critical ? [value(1, Buffer.of(0xff))] : []), value(4, content));
}

function value(tag: number, ...content: Buffer[]): Buffer {
  const bytes = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag, ...sizeOf(bytes.length)), bytes]);
}

/** The shortest form, as DER asks. */
function sizeOf(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function sequence(...content: Buffer[]): Buffer {
  return value(0x30, ...content);
}

function distinguishedName(name: string): Buffer {
  return sequence(value(0x31, sequence(objectId('2.5.4.3'), value(0x0c, Buffer.from(name)))));
}

function time(days: number): Buffer {
  const text = new Date(Date.now() + days * day).toISOString().replace(/[-:T]|\.\d+/g, '');
  return value(0x18, Buffer.from(text));
}

function objectId(id: string): Buffer {
  const [first = 0, second = 0, ...rest] = id.split('.').map(Number);
  const bytes = [40 * first + second, ...rest].flatMap((number) => {
    const digits = [number & 0x7f];
    for (let left = number >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return value(6, Buffer.from(bytes));
}
