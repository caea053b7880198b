import type { X509Certificate } from 'node:crypto';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { defaultRoots, otherFaults, readRoots } from './expired-certificate.js';
import { isPublicAddress, lookUpPublic, privateAddress } from './public-address.js';

export interface RequestOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /**
   * What comes is checked by its digest: a certificate that has expired, and is wrong in no other way, is then accepted,
   * and so is a redirect from https to http.
   */
  readonly pinned: boolean;
  /** Whether addresses of this machine and its network may be reached. */
  readonly privateAllowed: boolean;
  /** Trusted authorities in PEM, in place of Node's. */
  readonly authorities?: readonly string[];
  readonly onWarning: (warning: string) => void;
}

/** Something that is the same at the next try. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

const mostRedirects = 5;

/**
 * GET, following redirects. The caller reads the body, or destroys the response.
 * @throws RefusedError if the address, the certificate or a redirect is not acceptable; else what Node throws
 */
export async function get(address: URL, options: RequestOptions): Promise<IncomingMessage> {
  let url = address;
  for (let redirects = 0; ; redirects++) {
    const response = await ask(url, options);
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || location === undefined)
      return response;
    response.destroy();
    if (redirects === mostRedirects) throw new RefusedError(`more than ${mostRedirects} redirects`);
    url = redirected(url, location, options.pinned);
  }
}

function redirected(from: URL, location: string, pinned: boolean): URL {
  if (!URL.canParse(location, from.href)) throw new RefusedError('a redirect to what is no address');
  const to = new URL(location, from);
  const open = to.protocol === 'http:' && (from.protocol === 'http:' || pinned);
  if (to.protocol !== 'https:' && !open) {
    throw new RefusedError(`a redirect to ${to.protocol}//${to.host}, expected https://`);
  }
  return to;
}

async function ask(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  const { signal, headers } = options;
  const socket = await connect(url, options);
  const stop = () => socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', stop));
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      createConnection: () => socket,
      host: url.hostname,
      path: `${url.pathname}${url.search}`,
      headers: { ...headers, host: url.host, 'user-agent': 'streamsage', 'accept-encoding': 'identity' },
    });
    request.once('response', resolve);
    request.once('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
    request.end();
  });
}

/** A connection over which a request may be sent: address and certificate are checked before a byte of it is. */
async function connect(url: URL, options: RequestOptions): Promise<Socket> {
  if (url.protocol === 'http:') return open(() => tcp(url, 80, options), 'connect', options.signal);
  try {
    return await secure(url, options, true);
  } catch (error) {
    if (!options.pinned || (error as NodeJS.ErrnoException).code !== 'CERT_HAS_EXPIRED') throw error;
  }
  return secure(url, options, false);
}

function tcp(url: URL, otherwise: number, { privateAllowed }: RequestOptions): Socket {
  const host = hostOf(url);
  if (!privateAllowed && isIP(host) && !isPublicAddress(host)) throw privateAddress(host);
  return connectTcp({
    host,
    port: url.port === '' ? otherwise : Number(url.port),
    ...(privateAllowed ? {} : { lookup: lookUpPublic }),
  });
}

/** @param strict false: the certificate is looked at here, and not by Node, which says no more than that it has expired */
async function secure(url: URL, options: RequestOptions, strict: boolean): Promise<Socket> {
  const host = hostOf(url);
  const { authorities, signal, onWarning } = options;
  const socket = await open(
    () =>
      connectTls({
        socket: tcp(url, 443, options),
        host,
        ...(isIP(host) ? {} : { servername: host }),
        ...(authorities ? { ca: [...authorities] } : {}),
        rejectUnauthorized: strict,
        ALPNProtocols: ['http/1.1'],
      }),
    'secureConnect',
    signal,
  );
  if (strict || socket.authorized) return socket;
  const chain = presentedBy(socket);
  const fault =
    String(socket.authorizationError) === 'CERT_HAS_EXPIRED' && chain[0]
      ? otherFaults(
          { leaf: chain[0], others: chain.slice(1) },
          host,
          authorities ? readRoots(authorities) : defaultRoots(),
        )
      : String(socket.authorizationError);
  if (fault !== undefined) {
    socket.destroy();
    throw new RefusedError(`certificate refused: it has expired, and ${fault}`);
  }
  onWarning(
    `The certificate of ${host} expired on ${new Date(chain[0]!.validTo).toISOString().slice(0, 10)}; it was accepted, ` +
      'because the data is checked by its SHA-256',
  );
  return socket;
}

function presentedBy(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = socket.getPeerX509Certificate();
  while (next && chain.length < 16) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  return chain;
}

/** Without the brackets around an IPv6 address. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function open<Opened extends Socket>(
  make: () => Opened,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = make();
    const settle = (done: () => void) => {
      signal.removeEventListener('abort', stop);
      socket.off('error', fail);
      done();
    };
    const fail = (error: Error) => settle(() => reject(error));
    const stop = () => socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', fail);
    socket.once(event, () => settle(() => resolve(socket)));
  });
}
