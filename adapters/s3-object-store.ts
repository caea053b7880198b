import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { StoredObject, StreamingStore } from '../artifacts/object-store.js';
import { NotConfiguredError, StoreAccessError, StoreFullError, StoreUnreachableError } from './errors.js';
import type { S3Settings } from './settings.js';

export interface StorePatience {
  /** Milliseconds for a connection to be made. */
  readonly connectMs: number;
  /** Milliseconds in which nothing comes or goes. */
  readonly idleMs: number;
}

const usualPatience: StorePatience = { connectMs: 3000, idleMs: 30_000 };

/**
 * The object store on any S3 server. Core operations only, so that every one of them serves. A store that does not
 * answer is tried three times; its methods throw StoreUnreachableError, StoreAccessError or NotConfiguredError.
 */
export function createS3ObjectStore(
  settings: S3Settings,
  patience: StorePatience = usualPatience,
): StreamingStore {
  const { bucket: Bucket } = settings;
  const client = createS3Client(settings, patience);
  const attempt = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw storeError(error, settings);
    }
  };
  /** Undefined where the store says in so many words that there is no such object. */
  const attemptToFind = <Result>(work: () => Promise<Result>, absences: readonly string[] = ['NoSuchKey']) =>
    attempt(() =>
      work().catch((error: unknown) => {
        if (error instanceof S3ServiceException && absences.includes(error.name)) return undefined;
        throw error;
      }),
    );
  return {
    get: (Key) =>
      attemptToFind(async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        return Body!.transformToByteArray();
      }),
    read: (Key, from) =>
      attemptToFind(async () => {
        try {
          const Range = from > 0 ? { Range: `bytes=${from}-` } : {};
          const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...Range }));
          return inWords(Body as AsyncIterable<Uint8Array>, settings);
        } catch (error) {
          if (error instanceof S3ServiceException && error.name === 'InvalidRange') return nothing();
          throw error;
        }
      }),
    async put(Key, Body, ContentType) {
      await attempt(() => client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType })));
    },
    // Such an answer has no body that could say more.
    head: (Key) =>
      attemptToFind(async () => {
        const { ContentLength, LastModified } = await client.send(new HeadObjectCommand({ Bucket, Key }));
        return { key: Key, bytes: ContentLength ?? 0, modified: LastModified ?? new Date() };
      }, ['NotFound', 'NoSuchKey']),
    async copy(from, Key) {
      const CopySource = `${Bucket}/${from.split('/').map(encodeURIComponent).join('/')}`;
      const copied = await attemptToFind(() =>
        client.send(new CopyObjectCommand({ Bucket, Key, CopySource })),
      );
      return copied !== undefined;
    },
    async list(Prefix) {
      const found: StoredObject[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await attempt(() =>
          client.send(
            new ListObjectsV2Command({ Bucket, Prefix, ...(ContinuationToken ? { ContinuationToken } : {}) }),
          ),
        );
        for (const { Key, Size, LastModified } of page.Contents ?? []) {
          found.push({ key: Key!, bytes: Size ?? 0, modified: LastModified ?? new Date() });
        }
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken);
      return found;
    },
    async delete(Key) {
      await attemptToFind(() => client.send(new DeleteObjectCommand({ Bucket, Key })));
    },
  };
}

// Which Node versions are supported is said in package.json, not by a library in the middle of a run.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

export function createS3Client(
  { endpoint, region, credentials }: S3Settings,
  { connectMs, idleMs }: StorePatience = usualPatience,
): S3Client {
  return new S3Client({
    region,
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    ...(credentials ? { credentials } : {}),
    // The SDK's default checksums break some S3 servers; content is verified by its SHA-256 here.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    // Not `requestTimeout`: it only warns, and does not watch the body.
    requestHandler: { connectionTimeout: connectMs, socketTimeout: idleMs },
  });
}

/** A body whose reading throws what the store's methods throw. */
async function* inWords(body: AsyncIterable<Uint8Array>, settings: S3Settings): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw storeError(error, settings);
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // An object that ends before the byte asked for.
}

export function isAbsent(error: unknown): boolean {
  return error instanceof S3ServiceException && ['NoSuchKey', 'NotFound'].includes(error.name);
}

/** What to do about a refusal of this name. */
function wayIn(name: string): string {
  if (/TimeTooSkewed/.test(name)) return "Set this machine's clock (NTP)";
  if (/Expired/.test(name)) return 'The credentials were lent for a time that is over: get new ones';
  return 'Check STREAMSAGE_BUCKET, the credentials and what they may do';
}

/** What an error of the client's means for whoever uses the store. */
export function storeError(error: unknown, { endpoint, bucket, isLocal }: S3Settings): Error {
  const where = `bucket \`${bucket}\` at ${endpoint ?? 'AWS S3'}`;
  if (error instanceof S3ServiceException) {
    const status = error.$metadata.httpStatusCode ?? 0;
    const text = `${error.name}${error.message && error.message !== error.name ? `: ${error.message}` : ''}`;
    // A bucket in another region is answered with a redirection.
    if (status >= 300 && status < 500 && status !== 408 && status !== 429) {
      return new StoreAccessError(
        `Expected access to ${where}, got ${text} (HTTP ${status}). ${wayIn(error.name)}`,
      );
    }
    if (status === 507 || /StorageFull|StorageLimit/.test(error.name)) {
      return new StoreFullError(`Expected room in ${where}, got ${text} (HTTP ${status})`);
    }
    return new StoreUnreachableError(`Expected an answer from ${where}, got ${text} (HTTP ${status})`);
  }
  if (error instanceof NotConfiguredError) return error;
  const { name, message, code } = error as Error & { code?: string };
  // The client itself does not send it: neither does any later try.
  if (code === 'InvalidBucketName' || name === 'InvalidBucketName') {
    return new StoreAccessError(
      `Expected a bucket to be called \`${bucket}\`, got: ${message}. Check STREAMSAGE_BUCKET`,
    );
  }
  if (name === 'CredentialsProviderError') {
    return new StoreAccessError(`Expected credentials for ${where}, got none: ${message}`);
  }
  if (/CERT|SIGNATURE|ISSUER/.test(code ?? '')) {
    return new StoreUnreachableError(
      `Expected ${where} to show a certificate that is trusted, got ${code}: ${message}. For an authority of one's ` +
        'own: NODE_EXTRA_CA_CERTS, the path of its certificate',
      true,
    );
  }
  return new StoreUnreachableError(
    `Expected an answer from ${where}, got ${code ?? name}: ${message}. ` +
      (isLocal
        ? 'Is the store running? `npx --no-install streamsage status`'
        : 'Is the store running? Check AWS_ENDPOINT_URL_S3 and AWS_REGION'),
  );
}
