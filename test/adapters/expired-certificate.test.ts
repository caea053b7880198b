import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { download, type Downloaded } from '../../adapters/download.js';
import { type Certificate, type CertificateRequest, makeCertificate } from '../support/x509.js';

const serverAuth = '1.3.6.1.5.5.7.3.1';

describe('a certificate that has expired', () => {
  const root = makeCertificate({ name: 'test root', authority: true, keyUsage: 0x06 });
  const servers: Server[] = [];
  let requests = 0;
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
    requests = 0;
  });

  /** Serves with these certificates, and asks for a file as a pinned download does, or as any other. */
  async function fetchFrom(
    leaf: Certificate,
    { intermediates = [] as Certificate[], roots = [root], pinned = true, host = 'localhost' } = {},
  ): Promise<Downloaded> {
    const chain = [leaf, ...intermediates].map(({ pem }) => pem).join('');
    const server = createServer(
      { key: leaf.key, cert: chain, ciphers: 'DEFAULT@SECLEVEL=0' },
      (_, response) => {
        requests++;
        response.end('data');
      },
    );
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return download({
      url: new URL(`https://${host}:${port}/x`),
      maximumBytes: 100,
      pinned,
      privateAllowed: true,
      authorities: roots.map(({ pem }) => pem),
      patience: { tries: 1 },
    });
  }
  const leafOf = (issuer: Certificate, more: Partial<CertificateRequest> = {}) =>
    makeCertificate({
      ...{ name: 'leaf', issuer, from: -60, to: -1, hosts: ['localhost'], uses: [serverAuth] },
      ...more,
    });
  const authorityOf = (issuer: Certificate, more: Partial<CertificateRequest> = {}) =>
    makeCertificate({ name: 'between', issuer, authority: true, keyUsage: 0x06, ...more });

  it('and is wrong in no other way is accepted where the content is pinned, with a warning', async () => {
    const got = await fetchFrom(leafOf(root));
    assert.equal(got.state, 'fetched');
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    assert.deepEqual(got.warnings, [
      `The certificate of localhost expired on ${yesterday}; it was accepted, because the data is checked by its SHA-256`,
    ]);
    assert.equal(requests, 1);
  });

  it('is accepted through an intermediate that is sent along, RSA too', async () => {
    const rsaRoot = makeCertificate({ name: 'rsa root', authority: true, rsaBits: 2048 });
    const between = authorityOf(rsaRoot, { rsaBits: 2048, pathLength: 0 });
    const got = await fetchFrom(leafOf(between, { rsaBits: 2048 }), {
      intermediates: [between],
      roots: [rsaRoot],
    });
    assert.equal(got.warnings.length, 1);
  });

  it('is refused where the content is not pinned', async () => {
    await assert.rejects(fetchFrom(leafOf(root), { pinned: false }), { code: 'CERT_HAS_EXPIRED' });
    assert.equal(requests, 0);
  });

  it('makes no noise when it has not expired', async () => {
    assert.deepEqual((await fetchFrom(leafOf(root, { to: 1 }))).warnings, []);
  });

  const stranger = makeCertificate({ name: 'stranger', authority: true, keyUsage: 0x06 });
  const impostor = makeCertificate({ name: 'test root', authority: true, keyUsage: 0x06 });
  const noAuthority = authorityOf(root, { authority: false, keyUsage: 0x06 });
  const cannotSign = authorityOf(root, { keyUsage: 0x80 });
  const short = authorityOf(root, { pathLength: 0 });
  const below = authorityOf(short, { name: 'below' });
  const oldBetween = authorityOf(root, { from: -60, to: -1 });
  const early = authorityOf(root, { from: 1, to: 30 });
  const bound = authorityOf(root, { boundTo: 'example.org' });
  const boundHere = authorityOf(root, { boundTo: 'localhost' });
  const mail = authorityOf(root, { uses: ['1.3.6.1.5.5.7.3.4'] });
  const oldRoot = makeCertificate({ name: 'old root', authority: true, from: -60, to: -1 });
  const boundRoot = makeCertificate({ name: 'bound root', authority: true, boundTo: 'localhost' });
  const alone = makeCertificate({ name: 'leaf', hosts: ['localhost'], from: -60, to: -1 });

  const refused: [string, () => Promise<Downloaded>, RegExp][] = [
    ['is for another host', () => fetchFrom(leafOf(root, { hosts: ['example.org'] })), /for another host/],
    [
      'names the host in its subject alone',
      () => fetchFrom(leafOf(root, { name: 'x', hosts: [] })),
      /another host/,
    ],
    [
      'is for another address',
      () => fetchFrom(leafOf(root), { host: '127.0.0.1' }),
      /for another host: .*127\.0\.0\.1/,
    ],
    ['is of an unknown authority', () => fetchFrom(leafOf(stranger)), /authority that is not known/],
    [
      'comes with its unknown authority',
      () => fetchFrom(leafOf(stranger), { intermediates: [stranger] }),
      /not known/,
    ],
    ['is of one that has the name of a known one', () => fetchFrom(leafOf(impostor)), /not known/],
    ['is signed by nobody', () => fetchFrom(leafOf(root, { forged: true })), /not known|signature/],
    ['signs itself', () => fetchFrom(alone), /not known/],
    ['signs itself and is trusted', () => fetchFrom(alone, { roots: [alone] }), /not known/],
    [
      'is signed by a certificate that is no authority',
      () => fetchFrom(leafOf(noAuthority), { intermediates: [noAuthority] }),
      /not allowed to issue it/,
    ],
    [
      'is signed by an authority that may not sign',
      () => fetchFrom(leafOf(cannotSign), { intermediates: [cannotSign] }),
      /not allowed to issue it/,
    ],
    [
      'stands below more authorities than allowed',
      () => fetchFrom(leafOf(below), { intermediates: [below, short] }),
      /not allowed to issue it/,
    ],
    [
      'is of an authority that has expired, too',
      () => fetchFrom(leafOf(oldBetween), { intermediates: [oldBetween] }),
      /not allowed to issue it/,
    ],
    [
      'is of an authority that is not yet valid',
      () => fetchFrom(leafOf(early), { intermediates: [early] }),
      /not allowed to issue it|NOT_YET_VALID/,
    ],
    [
      'is of a root that has expired, too',
      () => fetchFrom(leafOf(oldRoot), { roots: [oldRoot] }),
      /not allowed/,
    ],
    [
      'is of an authority that is bound to other names',
      () => fetchFrom(leafOf(bound), { intermediates: [bound] }),
      /PERMITTED|not allowed|permitted/i,
    ],
    [
      'is of an authority that is bound to names at all',
      () => fetchFrom(leafOf(boundHere), { intermediates: [boundHere] }),
      /not allowed to issue it/,
    ],
    [
      'is of a root that is bound to names',
      () => fetchFrom(leafOf(boundRoot), { roots: [boundRoot] }),
      /not allowed/,
    ],
    [
      'is of an authority for mail',
      () => fetchFrom(leafOf(mail), { intermediates: [mail] }),
      /not allowed to issue it/,
    ],
    [
      'is not for a server',
      () => fetchFrom(leafOf(root, { uses: ['1.3.6.1.5.5.7.3.2'] })),
      /is not for a server/,
    ],
    [
      'has a critical extension that nobody knows',
      () => fetchFrom(leafOf(root, { critical: '1.2.3.4' })),
      /critical extension that is not known \(1\.2\.3\.4\)/,
    ],
    ['is signed with SHA-1', () => fetchFrom(leafOf(root, { digest: 'sha1' })), /an old method/],
    ['has a weak key', () => fetchFrom(leafOf(root, { rsaBits: 1024 })), /too weak|key too small/],
  ];
  for (const [what, attempt, message] of refused) {
    it(`and ${what} is refused, and asked nothing`, async () => {
      await assert.rejects(attempt(), (error: Error) => {
        assert.match(`${error.message} ${(error as NodeJS.ErrnoException).code}`, message);
        return true;
      });
      assert.equal(requests, 0);
    });
  }

  it('is not what a certificate is that is not yet valid', async () => {
    await assert.rejects(fetchFrom(leafOf(root, { from: 1, to: 2 })), { code: 'CERT_NOT_YET_VALID' });
  });

  it('leaves every other fault of one that has not expired to Node', async () => {
    await assert.rejects(fetchFrom(leafOf(stranger, { to: 1 })), { code: /UNABLE_TO|SELF_SIGNED/ });
    await assert.rejects(fetchFrom(leafOf(root, { to: 1, hosts: ['example.org'] })), {
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    assert.equal(requests, 0);
  });
});
