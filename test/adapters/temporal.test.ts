import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { TemporalUnreachableError } from '../../adapters/errors.js';
import { connectClient } from '../../adapters/temporal.js';

describe('a client of Temporal', () => {
  const at = (address: string) => ({ temporal: { address, namespace: 'default', connection: { address } } });
  const saysSoWithinSeconds = async (address: string) => {
    const started = performance.now();
    await assert.rejects(connectClient(at(address)), (error: Error) => {
      assert.ok(error instanceof TemporalUnreachableError);
      assert.ok(error.message.includes(`at ${address}, got no answer`), error.message);
      assert.match(error.message, /streamsage up.*TEMPORAL_ADDRESS/);
      return true;
    });
    assert.ok(performance.now() - started < 10_000);
  };

  it('says when nobody listens', () => saysSoWithinSeconds('127.0.0.1:1'));

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
