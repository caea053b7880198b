import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { KeyPair } from './certificates.js';
import { tie } from './tied-sockets.js';

export interface HttpsProxy {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** A door with TLS before an HTTP server; what is said passes as it is, so that signatures stay valid. */
export async function startHttpsProxy(target: string, pair: KeyPair): Promise<HttpsProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer({ cert: readFileSync(pair.cert), key: readFileSync(pair.key) }, (client) => {
    const upstream = connect(Number(port), hostname);
    tie(sockets, client, upstream);
    client.pipe(upstream).pipe(client);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `https://localhost:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
