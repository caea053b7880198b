import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { TemporalAccessError, TemporalUnreachableError } from '../../adapters/errors.js';
import { connectClient, connectWorker } from '../../adapters/temporal.js';
import { type Certificates, makeCertificates } from '../support/certificates.js';
import { startTemporalGate, type TemporalGate } from '../support/temporal-gate.js';

describe('a client of Temporal', () => {
  const at = (address: string) => ({ temporal: { address, namespace: 'default', connection: { address } } });
  const saysSoWithinSeconds = async (address: string) => {
    const started = performance.now();
    await assert.rejects(connectClient(at(address)), (error: Error) => {
      assert.ok(error instanceof TemporalUnreachableError);
      assert.ok(error.message.includes(`at ${address}, got no answer`), error.message);
      assert.match(error.message, /Check TEMPORAL_ADDRESS/);
      assert.doesNotMatch(error.message, /local stack/);
      return true;
    });
    assert.ok(performance.now() - started < 10_000);
  };

  it('says when nobody listens', () => saysSoWithinSeconds('127.0.0.1:1'));

  it('says how to start the local stack where that is meant', async () => {
    const { temporal } = at('127.0.0.1:1');
    await assert.rejects(
      connectClient({ temporal: { ...temporal, isLocal: true } }),
      /no answer.*Start the local stack: .*streamsage up$/,
    );
  });

  it('says when somebody listens and never answers', async () => {
    const sockets = new Set<{ destroy(): void }>();
    const server = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await saysSoWithinSeconds(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });
});

describe('a client of Temporal with TLS at an IP address', () => {
  it('says what is wrong without a warning of Node before it', async function () {
    const certificates = await makeCertificates();
    const gate = await startTemporalGate(nothing, { server: certificates.server });
    const codes: unknown[] = [];
    const warned = (warning: Error & { code?: string }) => void codes.push(warning.code);
    process.on('warning', warned);
    try {
      const address = gate.address.replace('localhost', '127.0.0.1');
      const connection = { address, tls: true };
      await assert.rejects(
        connectClient({ temporal: { address, namespace: 'default', connection } }),
        /certificate that is not trusted/,
      );
      assert.deepEqual(codes, []);
    } finally {
      process.off('warning', warned);
      process.noDeprecation = false;
      await gate.close();
      await certificates.remove();
    }
  });
});

/** A server that turns everybody away needs nothing behind it. */
const nothing = '127.0.0.1:1';
const apiKey = 'geheimer-schluessel';

for (const [who, connect] of [
  ['a client', connectClient],
  ['a worker', connectWorker],
] as const) {
  describe(`${who} of a Temporal that it may not use`, () => {
    let certificates: Certificates;
    const open: { close(): unknown }[] = [];
    before(async function () {
      certificates = await makeCertificates();
    });
    after(async () => {
      for (const one of open) await one.close();
      await (certificates as Certificates | undefined)?.remove();
    });
    const gate = async (options: Parameters<typeof startTemporalGate>[1]): Promise<TemporalGate> => {
      const opened = await startTemporalGate(nothing, options);
      open.push(opened);
      return opened;
    };
    const trusted = () => ({ serverRootCACertificate: readFileSync(certificates.authority) });

    /** At once: long before a connection is given up for want of an answer (5 s, a worker's 60 s). */
    const refuses = async (
      address: string,
      connection: object,
      kind: typeof TemporalAccessError | typeof TemporalUnreachableError,
      message: RegExp,
    ) => {
      const started = performance.now();
      const temporal = { address, namespace: 'films', connection: { address, ...connection } };
      await assert.rejects(connect({ temporal }), (error: Error) => {
        assert.ok(error instanceof kind, error.stack);
        assert.match(error.message, message);
        assert.ok(error.message.includes(address));
        assert.doesNotMatch(error.message, new RegExp(`${apiKey}|\n`));
        return true;
      });
      assert.ok(performance.now() - started < 4500, `${performance.now() - started} ms`);
    };

    it('says that the API key is wrong', async () => {
      const { address } = await gate({ server: certificates.server, apiKey: 'another' });
      const message =
        /namespace `films` of Temporal at .*got UNAUTHENTICATED.*Check TEMPORAL_NAMESPACE.*TEMPORAL_API_KEY/;
      await refuses(address, { tls: trusted(), apiKey }, TemporalAccessError, message);
    });

    it('says that an API key is asked for', async () => {
      const { address } = await gate({ server: certificates.server, apiKey });
      await refuses(address, { tls: trusted() }, TemporalAccessError, /whether an API key is asked for/);
    });

    it('says that the certificate is of an unknown authority', async () => {
      const { address } = await gate({ server: certificates.server, apiKey });
      const message = /a certificate that is not trusted \(.*TEMPORAL_TLS_SERVER_CA_CERT_PATH/;
      await refuses(address, { tls: true, apiKey }, TemporalUnreachableError, message);
    });

    it('says that the certificate is over', async () => {
      const { address } = await gate({ server: certificates.expired, apiKey });
      await refuses(address, { tls: trusted(), apiKey }, TemporalUnreachableError, /CERT_HAS_EXPIRED/);
    });

    it('says that the certificate is for another name', async () => {
      const { address } = await gate({ server: certificates.server, apiKey });
      const tls = { ...trusted(), serverNameOverride: 'temporal.example' };
      await refuses(address, { tls, apiKey }, TemporalUnreachableError, /ALTNAME.*TEMPORAL_TLS_SERVER_NAME/);
    });

    it('says that a certificate of its own is asked for', async () => {
      const { address } = await gate({
        server: certificates.server,
        clientAuthority: certificates.authority,
      });
      await refuses(address, { tls: trusted() }, TemporalUnreachableError, /TEMPORAL_TLS_CLIENT_CERT_PATH/);
    });

    it('says that the server speaks no TLS', async () => {
      const server = createHttp2Server().listen(0, '127.0.0.1');
      open.push(server);
      await once(server, 'listening');
      const address = `localhost:${(server.address() as AddressInfo).port}`;
      await refuses(
        address,
        { tls: true, apiKey },
        TemporalUnreachableError,
        /without TLS.*TEMPORAL_TLS=false/,
      );
    });

    it('says that the server speaks TLS', async () => {
      const { address } = await gate({ server: certificates.server });
      await refuses(address, {}, TemporalUnreachableError, /speaks TLS.*TEMPORAL_TLS=true/);
    });
  });
}
