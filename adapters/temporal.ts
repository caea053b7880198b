import { Client, Connection, isGrpcServiceError, NamespaceNotFoundError } from '@temporalio/client';
import proto from '@temporalio/proto';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import { TemporalAccessError, TemporalUnreachableError } from './errors.js';
import { grpcStatus, hasStatus } from './grpc-status.js';
import { patiently, workerPatience } from './patience.js';
import type { TemporalSettings } from './settings.js';
import { findObstacle, namesNoHost, type Obstacle } from './temporal-obstacle.js';

/** Milliseconds in which a server that is well answers; after that it is looked what is in the way. */
const healthyMs = 300;

/** @throws as `connect` */
export async function connectClient({ temporal }: { readonly temporal: TemporalSettings }): Promise<Client> {
  return new Client({ connection: await connect(temporal), namespace: temporal.namespace });
}

/** @throws TemporalUnreachableError, TemporalAccessError within seconds; at once where waiting cannot help */
export async function connect(temporal: TemporalSettings): Promise<Connection> {
  // gRPC gives TLS the address as a name, and Node would warn of that (DEP0123) before anything is answered.
  if (namesNoHost(temporal)) process.noDeprecation = true;
  const connection = Connection.lazy({ ...temporal.connection, connectTimeout: '5s' });
  let looking: Promise<Obstacle | undefined> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        looking = findObstacle(temporal);
        void looking.then(
          (obstacle) => obstacle?.lasting && reject(unreachable(temporal, obstacle.reason, true)),
        );
      }, healthyMs);
      connection
        .ensureConnected()
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
    return connection;
  } catch (error) {
    await connection.close();
    if (error instanceof TemporalUnreachableError) throw error;
    throw (
      temporalRefusal(temporal, error) ?? unreachable(temporal, (await looking)?.reason ?? silence(error))
    );
  }
}

/**
 * A worker outlives its server, so it also waits for one that is not there yet. Its namespace is looked up: polling would
 * be refused later, with less to say.
 * @param waits is called once, if the server is not there at once
 * @throws TemporalUnreachableError after a minute, or at once where waiting cannot help; TemporalAccessError at once
 */
export function connectWorker(
  { temporal }: { readonly temporal: TemporalSettings },
  waits: (reason: Error) => void = () => undefined,
): Promise<NativeConnection> {
  return patiently(
    async () => {
      try {
        return await connectToNamespace(temporal);
      } catch (error) {
        const refusal = temporalRefusal(temporal, error);
        if (refusal) throw refusal;
        const obstacle = await findObstacle(temporal);
        throw unreachable(temporal, obstacle?.reason ?? silence(error), obstacle?.lasting);
      }
    },
    { ...workerPatience, waits },
  );
}

async function connectToNamespace({ namespace, connection }: TemporalSettings): Promise<NativeConnection> {
  const connected = await NativeConnection.connect(connection as NativeConnectionOptions);
  try {
    await connected.workflowService.describeNamespace({ namespace });
    return connected;
  } catch (error) {
    await connected.close();
    throw hasStatus(error, grpcStatus.notFound) ? new NamespaceNotFoundError(namespace) : error;
  }
}

/** A client over a worker's connection. */
export function clientOver(
  connection: NativeConnection,
  { temporal }: { readonly temporal: TemporalSettings },
): Client {
  return new Client({ connection, namespace: temporal.namespace });
}

/** Workers poll again within a minute: one that has not for longer is gone. The server remembers it for five. */
export const pollerSeenMs = 70_000;

/** Who takes activities from a queue, and when the server last saw each poll, ms since 1970. */
export async function activityPollers(
  service: Client['workflowService'],
  namespace: string,
  queue: string,
): Promise<{ readonly identity: string; readonly polledAt: number | undefined }[]> {
  const { pollers } = await service.describeTaskQueue({
    namespace,
    taskQueue: { name: queue },
    taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
  });
  return pollers.map(({ identity, lastAccessTime }) => ({
    identity: identity ?? '',
    polledAt: lastAccessTime ? Number(lastAccessTime.seconds ?? 0) * 1000 : undefined,
  }));
}

/** Whether a worker takes activities from a queue. One that was killed seems alive for a little more than a minute. */
export async function hasWorker(client: Client, queue: string): Promise<boolean> {
  const pollers = await activityPollers(client.workflowService, client.options.namespace, queue);
  return pollers.some(({ polledAt = 0 }) => Date.now() - polledAt < pollerSeenMs);
}

/** gRPC's codes for a caller that is not known, and one that may not; the native client gives their descriptions alone. */
const refusalCodes: ReadonlyMap<number, string> = new Map([
  [grpcStatus.unauthenticated, 'UNAUTHENTICATED'],
  [grpcStatus.permissionDenied, 'PERMISSION_DENIED'],
]);
const refusalPattern = /code: '[^']*(valid authentication credentials|does not have permission)[^']*'/;

/** What an error of a call says, if it says that Temporal refuses this client; undefined for any other. */
export function temporalRefusal(
  { address, namespace, connection }: TemporalSettings,
  error: unknown,
): TemporalAccessError | undefined {
  const expected = `Expected access to namespace \`${namespace}\` of Temporal at ${address}`;
  const refused = (what: string) =>
    new TemporalAccessError(
      `${expected}, got ${what}. Check TEMPORAL_NAMESPACE and ` +
        (connection.apiKey === undefined
          ? 'whether an API key is asked for (TEMPORAL_API_KEY)'
          : 'TEMPORAL_API_KEY'),
    );
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof NamespaceNotFoundError) {
      return new TemporalAccessError(
        `${expected}, got the answer that there is none of that name. Check TEMPORAL_NAMESPACE; to make it: ` +
          'npx --no-install streamsage provision temporal',
      );
    }
    const code = isGrpcServiceError(cause) ? refusalCodes.get(cause.code) : undefined;
    if (code !== undefined && isGrpcServiceError(cause)) return refused(`${code}: ${cause.details}`);
    const [, words] = refusalPattern.exec(cause.message) ?? [];
    if (words !== undefined)
      return refused(words.startsWith('valid') ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED');
  }
  return undefined;
}

function unreachable(
  { address, isLocal }: TemporalSettings,
  reason: string,
  lasting = false,
): TemporalUnreachableError {
  const wayOut = isLocal
    ? 'Start the local stack: npx --no-install streamsage up'
    : 'Check TEMPORAL_ADDRESS, or the address in the profile of TEMPORAL_PROFILE';
  const away = reason.startsWith('no answer');
  return new TemporalUnreachableError(
    `Expected a Temporal server at ${address}, got ${reason}${away ? `. ${wayOut}` : ''}`,
    lasting,
  );
}

function silence(error: unknown): string {
  return `no answer (${error instanceof Error ? error.message : String(error)})`;
}
