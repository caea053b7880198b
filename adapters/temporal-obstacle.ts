import { connect as connectPlain, isIP } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import type { TemporalSettings } from './settings.js';

/** What stands between here and a Temporal server, and the way out. */
export interface Obstacle {
  readonly reason: string;
  /** Whether waiting cannot help: certificates and settings do not mend themselves, a server may still start. */
  readonly lasting: boolean;
}

/** Milliseconds in which a connection must be made; and in which a server refuses a client after the handshake. */
const patienceMs = 3000;
const refusalMs = 300;

/**
 * Looks why a server cannot be connected to, which gRPC does not say: opens a connection as it would, says nothing,
 * and closes it.
 * @returns undefined if nothing is in the way, as far as can be seen from here
 */
export async function findObstacle({ address, connection }: TemporalSettings): Promise<Obstacle | undefined> {
  const place = hostAndPort(address);
  if (!connection.tls) return obstacleWithoutTls(place);
  const {
    serverNameOverride,
    serverRootCACertificate: ca,
    clientCertPair,
  } = connection.tls === true ? {} : connection.tls;
  const failure = await tlsFailure({
    ...place,
    // TLS has no place for an address in the server's name.
    ...(isIP(place.host) && !serverNameOverride ? {} : { servername: serverNameOverride ?? place.host }),
    ...(ca ? { ca: Buffer.from(ca) } : {}),
    ...(clientCertPair
      ? { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }
      : {}),
  });
  return failure && describeTlsFailure(failure);
}

interface Failure {
  readonly code: string;
  readonly message: string;
}

function describeTlsFailure({ code, message }: Failure): Obstacle {
  if (/^(E(CONN|HOST|NET|ADDR|AI|NOTFOUND|TIMEDOUT|PIPE)|TIMEOUT)/.test(code))
    return passing({ code, message });
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|EPROTO/.test(code)) {
    return lasting(
      'an answer without TLS. Check TEMPORAL_ADDRESS; for a server that speaks none: TEMPORAL_TLS=false',
    );
  }
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|ALERT_.*CERTIFICATE|UNKNOWN_CA/.test(code)) {
    return lasting(
      `a refusal of the client's certificate (${code}). Check TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH`,
    );
  }
  return lasting(
    `a certificate that is not trusted (${code}: ${message}). Check TEMPORAL_ADDRESS, TEMPORAL_TLS_SERVER_CA_CERT_PATH ` +
      'and TEMPORAL_TLS_SERVER_NAME',
  );
}

/** Whoever completes a handshake, with whatever certificate, speaks TLS. */
async function obstacleWithoutTls(place: { host: string; port: number }): Promise<Obstacle | undefined> {
  const unheard = await plainFailure(place);
  if (unheard) return passing(unheard);
  // A certificate is not trusted here, and nothing is sent: only whether there is one matters.
  const failure = await tlsFailure({ ...place, rejectUnauthorized: false });
  if (failure && !/ALERT|CERTIFICATE/.test(failure.code)) return undefined;
  return lasting('one that speaks TLS. Set TEMPORAL_TLS=true, or TEMPORAL_API_KEY, which includes it');
}

const lasting = (reason: string): Obstacle => ({ reason, lasting: true });
const passing = ({ code, message }: Failure): Obstacle => ({
  reason: `no answer (${message === '' ? code : message})`,
  lasting: false,
});

function plainFailure(place: { host: string; port: number }): Promise<Failure | undefined> {
  return failureOf((done) => {
    const socket = connectPlain(place, () => done(undefined));
    return socket;
  });
}

function tlsFailure(options: TlsOptions): Promise<Failure | undefined> {
  return failureOf((done) => {
    // With TLS 1.3 a server looks at the client's certificate after the client's handshake is over.
    const socket = connectTls({ ALPNProtocols: ['h2'], ...options }, () => {
      setTimeout(() => done(undefined), refusalMs);
    });
    return socket;
  });
}

type Opened = ReturnType<typeof connectPlain>;

function failureOf(
  open: (done: (failure: Failure | undefined) => void) => Opened,
): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    const done = (failure: Failure | undefined) => {
      resolve(failure);
      socket.destroy();
    };
    const fail = ({ code = '', message }: NodeJS.ErrnoException) => done({ code, message });
    let socket: Opened;
    try {
      socket = open(done);
    } catch (error) {
      // A certificate or key that is none is refused before anything is sent.
      resolve({ code: (error as NodeJS.ErrnoException).code ?? '', message: (error as Error).message });
      return;
    }
    socket.setTimeout(patienceMs, () =>
      done({ code: 'TIMEOUT', message: `silent for ${patienceMs / 1000} s` }),
    );
    socket.on('error', fail);
    socket.on('close', () => done({ code: 'ECONNRESET', message: 'it hung up' }));
  });
}

/** Whether TLS would be told an address where it has a place for names alone. */
export function namesNoHost({ address, connection: { tls } }: TemporalSettings): boolean {
  const override = typeof tls === 'object' && tls !== null ? tls.serverNameOverride : undefined;
  return Boolean(tls) && !override && isIP(hostAndPort(address).host) !== 0;
}

/** `host:port`, `[v6]:port`; 7233 where there is no port. */
function hostAndPort(address: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(address) ?? [];
  return { host: bracketed ?? (plain || 'localhost'), port: Number(port ?? 7233) };
}
