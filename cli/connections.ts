import type { Client } from '@temporalio/client';
import { createS3ObjectStore } from '../adapters/s3-object-store.js';
import { loadS3Settings, loadSettings, type Settings } from '../adapters/settings.js';
import { connectClient, temporalRefusal } from '../adapters/temporal.js';
import type { StreamingStore } from '../artifacts/object-store.js';

export interface Connections {
  readonly settings: Settings;
  readonly client: Client;
  readonly store: StreamingStore;
}

/** Runs `work` with a Temporal client and the store, and closes the client whatever happens. */
export async function withConnections<Result>(
  work: (connections: Connections) => Promise<Result>,
): Promise<Result> {
  const settings = loadSettings();
  const client = await connectClient(settings);
  try {
    return await work({ settings, client, store: createS3ObjectStore(settings.s3) });
  } catch (error) {
    throw temporalRefusal(settings.temporal, error) ?? error;
  } finally {
    await client.connection.close();
  }
}

/** Runs `work` with the store alone. */
export async function withStore<Result>(work: (store: StreamingStore) => Promise<Result>): Promise<Result> {
  return work(createS3ObjectStore(loadS3Settings()));
}
