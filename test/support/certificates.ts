import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificate, type CertificateRequest, makeCertificate } from './x509.js';

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

const signsCertificates = 0x06;

export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'streamsage-certificates-'));
  const write = async ({ name, pem, key }: Certificate): Promise<KeyPair> => {
    const paths = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
    await writeFile(paths.cert, pem);
    await writeFile(paths.key, key, { mode: 0o600 });
    return paths;
  };
  const issuer = makeCertificate({
    ...{ name: 'StreamSage tests', authority: true, keyUsage: signsCertificates },
    ...{ from: -1, to: 1 },
  });
  const issue = (name: string, lifetime: Pick<CertificateRequest, 'from' | 'to'>) =>
    write(makeCertificate({ name, issuer, hosts: ['localhost', '127.0.0.1'], ...lifetime }));
  return {
    authority: (await write(issuer)).cert,
    server: await issue('server', { from: -1, to: 1 }),
    expired: await issue('expired', { from: -2, to: -1 }),
    client: await issue('client', { from: -1, to: 1 }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
