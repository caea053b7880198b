import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from '../../infra/command.js';
import { skipWithout } from './missing.js';

/** Paths of PEM files. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** An authority of this test's own, and what it signed. It ends with `remove`. */
export interface Certificates {
  readonly authority: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: KeyPair;
  /** The same, over since yesterday. */
  readonly expired: KeyPair;
  readonly client: KeyPair;
  remove(): Promise<void>;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const dayMs = 86_400_000;

/** Skips the test where there is no openssl. */
export async function makeCertificates(context: Mocha.Context): Promise<Certificates> {
  if (findOnPath('openssl') === undefined) return skipWithout(context, 'openssl');
  const folder = await mkdtemp(join(tmpdir(), 'streamsage-certificates-'));
  const path = (name: string) => join(folder, name);
  const openssl = (...parameters: string[]) => promisify(execFile)('openssl', parameters, { cwd: folder });
  await openssl(
    ...['req', '-x509', ...newKey, '-keyout', 'authority.key', '-out', 'authority.pem', '-days', '2'],
    ...['-subj', '/CN=StreamSage tests'],
  );
  await writeFile(path('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  await writeFile(path('index'), '');
  await writeFile(path('serial'), '01\n');
  await writeFile(path('authority.cnf'), authorityConfiguration);
  const issue = async (name: string, from: number, until: number): Promise<KeyPair> => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.csr`];
    await openssl('req', ...newKey, ...files, '-subj', `/CN=${name}`);
    await openssl(
      ...['ca', '-batch', '-notext', '-config', 'authority.cnf', '-extfile', 'names'],
      ...['-startdate', asn1Time(from), '-enddate', asn1Time(until)],
      ...['-in', `${name}.csr`, '-out', `${name}.pem`],
    );
    return { cert: path(`${name}.pem`), key: path(`${name}.key`) };
  };
  const now = Date.now();
  return {
    authority: path('authority.pem'),
    server: await issue('server', now - dayMs, now + dayMs),
    expired: await issue('expired', now - 2 * dayMs, now - dayMs),
    client: await issue('client', now - dayMs, now + dayMs),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** `20261125023000Z` */
function asn1Time(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
}

const authorityConfiguration = `
[ca]
default_ca = tests
[tests]
database = index
serial = serial
new_certs_dir = .
certificate = authority.pem
private_key = authority.key
default_md = sha256
unique_subject = no
policy = any
[any]
commonName = supplied
`;
