import {
  CreateBucketCommand,
  ListObjectsV2Command,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { patiently, workerPatience } from './patience.js';
import { createS3Client, storeError } from './s3-object-store.js';
import type { S3Settings } from './settings.js';

/**
 * Looks whether the bucket is there and may be used, before a worker takes work that needs it.
 * @param waits is called once, if the store does not answer at once
 * @throws StoreAccessError at once where the store refuses, or has no such bucket; StoreUnreachableError after a minute
 */
export function awaitBucket(settings: S3Settings, waits: (reason: Error) => void): Promise<void> {
  return withClient(settings, (client) =>
    patiently(() => look(client, settings).catch(inWords(settings)), { ...workerPatience, waits }),
  );
}

/**
 * Makes the bucket, if there is none of that name.
 * @throws StoreAccessError, StoreUnreachableError
 */
export function provisionBucket(settings: S3Settings): Promise<'made' | 'there'> {
  return withClient(settings, async (client) => {
    try {
      await look(client, settings);
      return 'there';
    } catch (error) {
      if (!(error instanceof S3ServiceException) || error.$metadata.httpStatusCode !== 404)
        throw storeError(error, settings);
    }
    return make(client, settings).catch(inWords(settings));
  });
}

/** Asks for a list: a store says why it refuses one, and nothing when it is asked for the head of a bucket. */
async function look(client: S3Client, { bucket: Bucket }: S3Settings): Promise<void> {
  await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
}

async function make(
  client: S3Client,
  { bucket: Bucket, region, endpoint }: S3Settings,
): Promise<'made' | 'there'> {
  // AWS wants its regions named, but not its first; other servers may know no region at all.
  const constraint = endpoint === undefined && region !== 'us-east-1' ? region : undefined;
  try {
    await client.send(
      new CreateBucketCommand({
        Bucket,
        ...(constraint
          ? { CreateBucketConfiguration: { LocationConstraint: constraint as 'eu-west-1' } }
          : {}),
      }),
    );
    return 'made';
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === 'BucketAlreadyOwnedByYou') return 'there';
    throw error;
  }
}

const inWords =
  (settings: S3Settings) =>
  (error: unknown): never => {
    throw storeError(error, settings);
  };

async function withClient<Result>(
  settings: S3Settings,
  work: (client: S3Client) => Promise<Result>,
): Promise<Result> {
  const client = createS3Client(settings);
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}
