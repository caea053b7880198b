import { GetObjectCommand, type GetObjectCommandOutput, S3ServiceException } from '@aws-sdk/client-s3';
import type { Download, Downloaded } from './download.js';
import { SourceRefusedError } from './errors.js';
import { createS3Client, isAbsent, type StorePatience, storeError } from './s3-object-store.js';
import type { S3Settings } from './settings.js';

export interface S3Place {
  readonly bucket: string;
  readonly key: string;
}

export type S3Fetch = Pick<Download, 'known' | 'maximumBytes' | 'signal' | 'onProgress'>;

/**
 * Fetches ratings from a bucket, with the address and the credentials of the pipeline's own store.
 * @returns a function that throws SourceRefusedError if there is no such object or it is too large, else what the store
 * throws
 */
export function createS3Source(
  settings: S3Settings,
  patience: StorePatience = { connectMs: 3000, idleMs: 30_000 },
): (place: S3Place, fetch: S3Fetch) => Promise<Downloaded> {
  const client = createS3Client(settings, patience);
  return async ({ bucket, key }, { known, maximumBytes, signal, onProgress }) => {
    const place = `s3://${bucket}/${key}`;
    try {
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ...(known?.etag === undefined ? {} : { IfNoneMatch: known.etag }),
      });
      const object = await client.send(command, signal ? { abortSignal: signal } : {});
      const bytes = await readBody(object, maximumBytes, place, onProgress);
      const { ETag: etag } = object;
      return { state: 'fetched', bytes, validators: etag === undefined ? {} : { etag }, warnings: [] };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof SourceRefusedError) throw error;
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 304) {
        return { state: 'unchanged', warnings: [] };
      }
      if (isAbsent(error)) throw new SourceRefusedError(`Expected ratings at ${place}, got no such object`);
      throw storeError(error, { ...settings, bucket });
    }
  };
}

async function readBody(
  { Body, ContentLength }: GetObjectCommandOutput,
  maximumBytes: number,
  place: string,
  onProgress: S3Fetch['onProgress'],
): Promise<Uint8Array> {
  const stream = Body as AsyncIterable<Uint8Array> & { destroy(): void };
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  const check = (bytes: number) => {
    if (bytes <= maximumBytes) return;
    stream.destroy();
    throw new SourceRefusedError(`Expected ${place} to be at most ${maximumBytes} bytes, got ${bytes}`);
  };
  check(ContentLength ?? 0);
  for await (const chunk of stream) {
    receivedBytes += chunk.length;
    check(receivedBytes);
    chunks.push(chunk);
    onProgress?.({ receivedBytes, ...(ContentLength === undefined ? {} : { totalBytes: ContentLength }) });
  }
  return new Uint8Array(Buffer.concat(chunks));
}
