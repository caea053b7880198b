import { createServer } from 'node:net';

/**
 * The first free port from `wanted` on, on 127.0.0.1.
 * @param {number} wanted
 * @param {ReadonlySet<number>} [taken] ports that this stack has given away already
 * @returns {Promise<number>}
 */
export async function freePort(wanted, taken = new Set()) {
  for (let port = wanted; port < wanted + 200; port++) {
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new Error(`Expected a free port from ${wanted} to ${wanted + 199} on 127.0.0.1, got none`);
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
