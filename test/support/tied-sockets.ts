import type { Socket } from 'node:net';

/** Lets two ends of a proxy's connection go together, whoever goes first. @param open holds them while they are there */
export function tie(open: Set<Socket>, client: Socket, upstream: Socket): void {
  for (const socket of [client, upstream]) {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      open.delete(socket);
      client.destroy();
      upstream.destroy();
    });
  }
}
