import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tie } from '../support/tied-sockets.js';

/** A way to the store that can fail in the ways in which networks and stores do. */
export interface FaultyProxy {
  readonly endpoint: string;
  /** For so long every new request is answered with 503 Slow Down. */
  refuse(milliseconds: number): void;
  /** For so long every piece of an answer and of a request comes a quarter of a second late. */
  slowDown(milliseconds: number): void;
  /** Ends every connection there is. */
  cut(): void;
  /** Ends the next upload of more than a few bytes in its middle. */
  cutNextUpload(): void;
  close(): Promise<void>;
}

const lateMs = 250;
const busy =
  'HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/xml\r\nconnection: close\r\ncontent-length: 82\r\n\r\n' +
  '<Error><Code>SlowDown</Code><Message>Please reduce your request rate</Message></Error>'.padEnd(82);

/** Passes bytes on to the store as they are, so that signatures stay valid. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let refusingUntil = 0;
  let slowUntil = 0;
  let cutsUpload = false;
  /** Passes on in order, however late. */
  const passOn = (from: Socket, to: Socket, before: (chunk: Buffer) => boolean) => {
    let last = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      if (!before(chunk)) return;
      const late = Date.now() < slowUntil ? lateMs : 0;
      last = last.then(async () => {
        if (late > 0) await new Promise((resolve) => setTimeout(resolve, late));
        if (!to.destroyed) to.write(chunk);
      });
    });
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    tie(sockets, client, upstream);
    passOn(client, upstream, (chunk) => {
      const head = chunk.toString('latin1', 0, 5);
      if (Date.now() < refusingUntil && /^(GET|PUT|POST|HEAD|DELET)/.test(head)) {
        client.end(busy);
        return false;
      }
      if (cutsUpload && head.startsWith('PUT ') && chunk.length > 200) {
        cutsUpload = false;
        upstream.write(chunk.subarray(0, chunk.length - 100), () => client.destroy());
        return false;
      }
      return true;
    });
    passOn(upstream, client, () => true);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuse: (milliseconds) => (refusingUntil = Date.now() + milliseconds),
    slowDown: (milliseconds) => (slowUntil = Date.now() + milliseconds),
    cut,
    cutNextUpload: () => (cutsUpload = true),
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
