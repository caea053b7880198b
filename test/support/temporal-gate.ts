import { readFileSync } from 'node:fs';
import {
  connect,
  constants,
  createSecureServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { KeyPair } from './certificates.js';

export interface GateOptions {
  readonly server: KeyPair;
  /** Lets in only who shows this key, as Temporal Cloud does. */
  readonly apiKey?: string;
  /** Path of the authority whose clients are let in, and no others. */
  readonly clientAuthority?: string;
}

/** A door with TLS before a Temporal server that has none. */
export interface TemporalGate {
  readonly address: string;
  /** Namespaces that let-in calls named in their metadata. */
  readonly namespaces: ReadonlySet<string>;
  /** Calls that were turned away. */
  refused(): number;
  close(): Promise<void>;
}

/** @param target `host:port` of a server without TLS */
export async function startTemporalGate(target: string, options: GateOptions): Promise<TemporalGate> {
  const { server: pair, apiKey, clientAuthority } = options;
  const sessions = new Set<Http2Session>();
  const namespaces = new Set<string>();
  let refused = 0;
  const upstream = connect(`http://${target}`);
  const server = createSecureServer({
    cert: readFileSync(pair.cert),
    key: readFileSync(pair.key),
    ...(clientAuthority === undefined
      ? {}
      : { ca: readFileSync(clientAuthority), requestCert: true, rejectUnauthorized: true }),
  });
  for (const session of [upstream, server]) session.on('error', () => undefined);
  server.on('sessionError', () => undefined);
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    if (apiKey !== undefined && headers.authorization !== `Bearer ${apiKey}`) {
      refused++;
      stream.respond(
        { ...grpc, 'grpc-status': '16', 'grpc-message': 'Request unauthorized.' },
        { endStream: true },
      );
      return;
    }
    const namespace = headers['temporal-namespace'];
    if (typeof namespace === 'string') namespaces.add(namespace);
    forward(stream, headers);
  });

  function forward(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const call = upstream.request(withoutAuthority(headers));
    let trailers: IncomingHttpHeaders = {};
    call.on('error', () => stream.close(constants.NGHTTP2_CANCEL));
    stream.on('close', () => call.close(constants.NGHTTP2_CANCEL));
    stream.pipe(call);
    call.on('trailers', (received: IncomingHttpHeaders) => (trailers = received));
    call.on('response', (received, flags) => {
      const whole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      stream.respond(received, whole ? { endStream: true } : { waitForTrailers: true });
      if (whole) return;
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      call.pipe(stream);
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `localhost:${(server.address() as AddressInfo).port}`,
    namespaces,
    refused: () => refused,
    async close() {
      upstream.destroy();
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const grpc = { ':status': 200, 'content-type': 'application/grpc' };

/** What goes on to the server: all but the name of this door, and the key to it. */
function withoutAuthority(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = { ...headers };
  delete kept[':authority'];
  delete kept.authorization;
  return kept;
}
