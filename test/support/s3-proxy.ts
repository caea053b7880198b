import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tie } from './tied-sockets.js';

/** A way to the store that can be cut in the middle of a write or of a read. */
export interface S3Proxy {
  readonly endpoint: string;
  /**
   * The next write whose path begins with `prefix` is let through to its middle and no further.
   * @returns when it hangs there
   */
  holdNextPut(prefix: string): Promise<void>;
  /**
   * So many removals are let through, the next is not.
   * @returns when it hangs there
   */
  holdDelete(after: number): Promise<void>;
  /** The answer to the next read whose path begins with `prefix` is cut after so many bytes, head and all. */
  cutNextGet(prefix: string, bytes: number): void;
  /** Heads of the reads that went through, in order. */
  readonly gets: readonly string[];
  close(): Promise<void>;
}

/**
 * Passes bytes on to the store as they are, so that signatures stay valid.
 * @param port to listen on; a free one if it is 0
 */
export async function startS3Proxy(target: string, port = 0): Promise<S3Proxy> {
  const { hostname, port: targetPort } = new URL(target);
  const sockets = new Set<Socket>();
  let heldDelete: { left: number; resolve: () => void } | undefined;
  let held: { prefix: string; resolve: () => void } | undefined;
  let cut: { prefix: string; bytes: number } | undefined;
  const gets: string[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(targetPort), hostname);
    tie(sockets, client, upstream);
    let stuck = false;
    let bytesLeft = Infinity;
    upstream.on('data', (chunk) => {
      if (bytesLeft <= 0) return;
      const isLast = chunk.length >= bytesLeft;
      client.write(chunk.subarray(0, Math.min(chunk.length, bytesLeft)), () => isLast && client.destroy());
      bytesLeft -= chunk.length;
    });
    client.on('data', (chunk) => {
      if (stuck) return;
      const head = chunk.toString('latin1');
      if (head.startsWith('GET ')) gets.push(head);
      if (cut && head.startsWith(`GET ${cut.prefix}`)) {
        bytesLeft = cut.bytes;
        cut = undefined;
      }
      if (heldDelete && chunk.toString('latin1', 0, 7) === 'DELETE ' && heldDelete.left-- <= 0) {
        stuck = true;
        heldDelete.resolve();
        return;
      }
      if (held && chunk.toString('latin1').startsWith(`PUT ${held.prefix}`)) {
        // The head and a part of the body: the store has begun to write.
        stuck = true;
        upstream.write(chunk.subarray(0, Math.max(1, chunk.length - 100)));
        held.resolve();
        held = undefined;
        return;
      }
      upstream.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    holdDelete: (after) => new Promise((resolve) => (heldDelete = { left: after, resolve })),
    cutNextGet: (prefix, bytes) => (cut = { prefix, bytes }),
    gets,
    holdNextPut: (prefix) => new Promise((resolve) => (held = { prefix, resolve })),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
