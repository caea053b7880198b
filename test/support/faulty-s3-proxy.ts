import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/**
 * What becomes of a request: answered with 503 and not passed on; passed on a little at a time; let through to its middle
 * and then cut, or left hanging there; answered to the middle of its answer and then cut, or left hanging there.
 */
export type S3Fault = 'busy' | 'slow' | 'cut upload' | 'hang upload' | 'cut download' | 'hang download';

export interface InjectedFault {
  /** Resolves when a request has met it for the first time. */
  readonly met: Promise<void>;
  /** How many requests have met it. */
  count(): number;
  remove(): void;
}

/** A way to the store that does to chosen requests what bad networks and busy servers do. */
export interface FaultyS3Proxy {
  readonly endpoint: string;
  /** `METHOD /bucket/key` of every request that came, in order. */
  readonly requests: readonly string[];
  /**
   * @param which tried on `METHOD /bucket/key`
   * @param times how many requests meet it; then it is gone
   */
  inject(fault: S3Fault, which: RegExp, times?: number): InjectedFault;
  close(): Promise<void>;
}

const slowPieces = 4;
const slowPauseMs = 30;

/** @param target address of the store. Heads are passed on as they are, so that signatures stay valid. */
export async function startFaultyS3Proxy(target: string): Promise<FaultyS3Proxy> {
  const requests: string[] = [];
  const faults = new Set<{ fault: S3Fault; which: RegExp; left: number; met: () => void }>();
  const server = createServer((request, response) => void serve(request, response));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = `${request.method} ${decodeURIComponent(request.url ?? '')}`;
    requests.push(name);
    const injected = [...faults].find(({ which, left }) => left > 0 && which.test(name));
    if (injected) injected.left--;
    const fault = injected?.fault;
    const body = await bytesOf(request).catch(() => undefined);
    if (body === undefined) return;
    if (fault === 'busy') {
      response.writeHead(503, { 'content-type': 'application/xml' });
      response.end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>');
      injected?.met();
      return;
    }
    const cut = () => {
      passedOn.destroy();
      response.destroy();
    };
    const passedOn = httpRequest(
      new URL(request.url ?? '/', target),
      { method: request.method, headers: request.headers, agent: false },
      (answer) => {
        answer.on('error', cut);
        void bytesOf(answer).then((bytes) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          if (fault === 'slow') {
            slowly(
              bytes,
              (piece) => response.write(piece),
              () => response.end(),
            );
            return;
          }
          if (fault !== 'cut download' && fault !== 'hang download') {
            response.end(bytes);
            return;
          }
          response.write(bytes.subarray(0, bytes.length >> 1), () => {
            if (fault === 'cut download') cut();
            // The whole answer has come already: that the store goes away must be noticed in another way.
            else
              connect(Number(new URL(target).port), new URL(target).hostname)
                .on('error', cut)
                .on('close', cut);
            injected?.met();
          });
        }, cut);
      },
    );
    passedOn.on('error', () => response.destroy());
    response.on('close', () => passedOn.destroy());
    if (fault === 'cut upload' || fault === 'hang upload') {
      passedOn.write(body.subarray(0, body.length >> 1), () => {
        if (fault === 'cut upload') cut();
        injected?.met();
      });
    } else if (fault === 'slow') {
      injected?.met();
      slowly(
        body,
        (piece) => passedOn.write(piece),
        () => passedOn.end(),
      );
    } else passedOn.end(body);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    inject(fault, which, times = 1) {
      let count = 0;
      let resolve: () => void;
      const met = new Promise<void>((done) => (resolve = done));
      const entry = {
        ...{ fault, which, left: times },
        met: () => {
          count++;
          resolve();
        },
      };
      faults.add(entry);
      return { met, count: () => count, remove: () => void faults.delete(entry) };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function slowly(bytes: Buffer, write: (piece: Buffer) => unknown, end: () => unknown): void {
  const size = Math.max(1, Math.ceil(bytes.length / slowPieces));
  let at = 0;
  const step = () => {
    if (at >= bytes.length) return end();
    write(bytes.subarray(at, (at += size)));
    setTimeout(step, slowPauseMs);
  };
  step();
}
