import { Client, Connection } from '@temporalio/client';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import { TemporalUnreachableError } from './errors.js';
import type { TemporalSettings } from './settings.js';

/** @throws TemporalUnreachableError within seconds */
export async function connectClient({ temporal }: { readonly temporal: TemporalSettings }): Promise<Client> {
  return new Client({ connection: await connect(temporal), namespace: temporal.namespace });
}

/** @throws TemporalUnreachableError within seconds */
export async function connect(temporal: TemporalSettings): Promise<Connection> {
  try {
    return await Connection.connect({ ...temporal.connection, connectTimeout: '5s' });
  } catch (error) {
    throw unreachable(temporal, error);
  }
}

/** How long a worker waits for a server that is being started. */
const patienceMs = 60_000;

/**
 * A worker outlives its server, so it also waits for one that is not there yet.
 * @throws TemporalUnreachableError after a minute
 */
export async function connectWorker({
  temporal,
}: {
  readonly temporal: TemporalSettings;
}): Promise<NativeConnection> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await NativeConnection.connect(temporal.connection as NativeConnectionOptions);
    } catch (error) {
      if (Date.now() > deadline) throw unreachable(temporal, error);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

function unreachable({ address }: TemporalSettings, error: unknown): TemporalUnreachableError {
  const reason = error instanceof Error ? error.message : String(error);
  return new TemporalUnreachableError(
    `Expected a Temporal server at ${address}, got no answer (${reason}). Start the local stack: streamsage up; ` +
      'or set TEMPORAL_ADDRESS',
  );
}
