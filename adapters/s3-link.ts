import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createS3Client, storeError } from './s3-object-store.js';
import type { S3Settings } from './settings.js';

/** The longest that S3 lets a link be good for, seconds. */
export const longestLinkSeconds = 7 * 86_400;

export interface S3Link {
  readonly url: string;
  /** When the link ends: as asked for, or earlier with the credentials that signed it. */
  readonly expires: Date;
}

/**
 * Signs a link by which anybody reads one object until it expires. Nothing is sent: whether there is such an object is
 * not looked at.
 * @param seconds whole, from 1 to `longestLinkSeconds`
 * @param fileName what a browser saves it as
 * @param publicUrl origin at which others reach the store; the host is signed, too
 * @throws StoreAccessError where there are no credentials, NotConfiguredError
 */
export async function signLink(
  settings: S3Settings,
  key: string,
  { seconds, fileName, publicUrl }: { seconds: number; fileName: string; publicUrl?: string },
): Promise<S3Link> {
  const endpoint = publicUrl ?? settings.endpoint;
  const client = createS3Client({ ...settings, ...(endpoint === undefined ? {} : { endpoint }) });
  // A signature tells whole seconds.
  const signingDate = new Date(Math.floor(Date.now() / 1000) * 1000);
  const command = new GetObjectCommand({
    Bucket: settings.bucket,
    Key: key,
    ResponseContentDisposition: `attachment; filename="${fileName}"`,
  });
  try {
    const { expiration } = await client.config.credentials();
    const url = await getSignedUrl(client, command, { expiresIn: seconds, signingDate });
    const asked = signingDate.getTime() + seconds * 1000;
    return { url, expires: new Date(Math.min(asked, expiration?.getTime() ?? Infinity)) };
  } catch (error) {
    throw storeError(error, settings);
  } finally {
    client.destroy();
  }
}
