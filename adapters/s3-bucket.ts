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
export async function awaitBucket(settings: S3Settings, waits: (reason: Error) => void): Promise<void> {
  const client = createS3Client(settings);
  try {
    await patiently(() => look(client, settings), { ...workerPatience, waits });
  } finally {
    client.destroy();
  }
}

/** Asks for a list: a store says why it refuses one, and nothing when it is asked for the head of a bucket. */
async function look(client: S3Client, settings: S3Settings): Promise<void> {
  try {
    await client.send(new ListObjectsV2Command({ Bucket: settings.bucket, MaxKeys: 1 }));
  } catch (error) {
    throw storeError(error, settings);
  }
}

/**
 * Makes the bucket, if there is none of that name.
 * @throws StoreAccessError, StoreUnreachableError
 */
export async function provisionBucket(settings: S3Settings): Promise<'made' | 'there'> {
  const { bucket: Bucket, region, endpoint } = settings;
  const client = createS3Client(settings);
  try {
    await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
    return 'there';
  } catch (error) {
    if (!(error instanceof S3ServiceException) || error.$metadata.httpStatusCode !== 404)
      throw storeError(error, settings);
  }
  try {
    // AWS wants its regions named, but not its first; other servers may know no region at all.
    const constraint = endpoint === undefined && region !== 'us-east-1' ? region : undefined;
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
    throw storeError(error, settings);
  } finally {
    client.destroy();
  }
}
