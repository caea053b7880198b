import { CreateBucketCommand, HeadBucketCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { createS3Client, storeError } from './s3-object-store.js';
import type { S3Settings } from './settings.js';

/**
 * Makes the bucket, if there is none of that name.
 * @throws StoreAccessError, StoreUnreachableError
 */
export async function provisionBucket(settings: S3Settings): Promise<'made' | 'there'> {
  const { bucket: Bucket, region, endpoint } = settings;
  const client = createS3Client(settings);
  try {
    await client.send(new HeadBucketCommand({ Bucket }));
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
