import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, rootCertificates } from 'node:tls';
import * as tls from 'node:tls';
import { type CertificateFields, readCertificate } from './certificate.js';

/**
 * OpenSSL reports one error of a certificate, and an expired one hides all that was found before it: an unknown
 * authority, a wrong use, a weak key (docs/decisions/0008-sources.md). So whoever accepts an expired certificate has to
 * look for the others again. What is accepted here is less than OpenSSL accepts: anything out of the ordinary is
 * refused.
 */

const serverUse = '1.3.6.1.5.5.7.3.1';
const anyUse = '2.5.29.37.0';
const nameConstraints = '2.5.29.30';
/** Basic constraints, key usage, extended key usage, policies, subject's other names: those that are looked at. */
const knownExtensions = new Set(['2.5.29.19', '2.5.29.15', '2.5.29.37', '2.5.29.32', '2.5.29.17']);
/** RSA and ECDSA with SHA-256, 384 or 512, and Ed25519. */
const signatureAlgorithms = new Set([
  ...['1.2.840.113549.1.1.11', '1.2.840.113549.1.1.12', '1.2.840.113549.1.1.13'],
  ...['1.2.840.10045.4.3.2', '1.2.840.10045.4.3.3', '1.2.840.10045.4.3.4'],
  '1.3.101.112',
]);
const curves = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const smallestRsaBits = 2048;
const longestPath = 6;

export interface PresentedChain {
  readonly leaf: X509Certificate;
  /** What else the server sent, in any order. */
  readonly others: readonly X509Certificate[];
}

/**
 * What is wrong with a server's certificate, beside that it has expired; undefined if nothing is.
 * @param roots the authorities that are trusted
 */
export function otherFaults(
  { leaf, others }: PresentedChain,
  host: string,
  roots: readonly X509Certificate[],
  now = new Date(),
): string | undefined {
  try {
    if (!(now > dateOf(leaf.validTo))) return 'its certificate has not expired and is not accepted either';
    if (!(now >= dateOf(leaf.validFrom))) return 'its certificate is not yet valid';
    const otherHost = checkServerIdentity(isIP(host) ? host : host.replace(/\.$/, ''), leaf.toLegacyObject());
    if (otherHost) return `its certificate is for another host: ${otherHost.message}`;
    const fault = faultOf(leaf, readCertificate(leaf));
    if (fault !== undefined) return `its certificate ${fault}`;
    return isTrusted(leaf, others, roots, now, [leaf])
      ? undefined
      : 'its certificate was issued by an authority that is not known, or not allowed to issue it';
  } catch (error) {
    return `its certificate cannot be read: ${(error as Error).message}`;
  }
}

/** Whether a path of authorities leads from a certificate to a trusted one, each fit to issue the one below it. */
function isTrusted(
  certificate: X509Certificate,
  others: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: Date,
  path: readonly X509Certificate[],
): boolean {
  const mayIssue = (issuer: X509Certificate) =>
    !path.some(({ fingerprint256 }) => fingerprint256 === issuer.fingerprint256) &&
    certificate.checkIssued(issuer) &&
    certificate.verify(issuer.publicKey) &&
    isFitAuthority(issuer, path.length - 1, now);
  if (roots.some((root) => mayIssue(root) && hasFitKey(root))) return true;
  if (path.length >= longestPath) return false;
  return others.some(
    (issuer) =>
      mayIssue(issuer) &&
      faultOf(issuer, readCertificate(issuer)) === undefined &&
      isTrusted(issuer, others, roots, now, [...path, issuer]),
  );
}

/** @param below intermediates between it and the server's certificate */
function isFitAuthority(issuer: X509Certificate, below: number, now: Date): boolean {
  const { pathLength, extensions } = readCertificate(issuer);
  return (
    issuer.ca &&
    now >= dateOf(issuer.validFrom) &&
    now <= dateOf(issuer.validTo) &&
    (pathLength === undefined || below <= pathLength) &&
    !extensions.some(({ id }) => id === nameConstraints)
  );
}

/** What is wrong with a certificate by itself, dates aside. */
function faultOf(certificate: X509Certificate, fields: CertificateFields): string | undefined {
  const { signatureAlgorithm, extensions } = fields;
  if (!signatureAlgorithms.has(signatureAlgorithm))
    return `is signed with an old method (${signatureAlgorithm})`;
  if (!hasFitKey(certificate)) return 'has a key that is too weak';
  const unknown = extensions.find(({ id, critical }) => critical && !knownExtensions.has(id));
  if (unknown) return `has a critical extension that is not known (${unknown.id})`;
  // Node names the extended uses `keyUsage`.
  const uses = certificate.keyUsage as string[] | undefined;
  if (uses && !uses.includes(serverUse) && !uses.includes(anyUse)) return 'is not for a server';
  return undefined;
}

function hasFitKey({ publicKey }: X509Certificate): boolean {
  const { modulusLength = 0, namedCurve = '' } = publicKey.asymmetricKeyDetails ?? {};
  switch (publicKey.asymmetricKeyType) {
    case 'rsa':
      return modulusLength >= smallestRsaBits;
    case 'ec':
      return curves.has(namedCurve);
    default:
      return publicKey.asymmetricKeyType === 'ed25519';
  }
}

function dateOf(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new RangeError(`\`${text}\` is not a date`);
  return date;
}

/** The authorities that Node trusts by itself: newer versions say it, older ones have a list and NODE_EXTRA_CA_CERTS. */
export function defaultRoots(environment: NodeJS.ProcessEnv = process.env): X509Certificate[] {
  const { getCACertificates } = tls as { getCACertificates?: (kind: string) => string[] };
  if (getCACertificates) return readRoots(getCACertificates('default'));
  const extra = environment['NODE_EXTRA_CA_CERTS'];
  return readRoots([...rootCertificates, ...(extra ? [readFileSync(extra, 'utf8')] : [])]);
}

/** @param texts in PEM, one certificate or several in each */
export function readRoots(texts: readonly string[]): X509Certificate[] {
  const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
  return texts.flatMap((text) => Array.from(text.matchAll(pem), ([one]) => new X509Certificate(one)));
}
