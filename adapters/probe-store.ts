import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { StoreUnreachableError } from './errors.js';
import { createS3Client, isAbsent, storeError } from './s3-object-store.js';
import type { S3Settings } from './settings.js';

/** Objects here are a probe's, and nobody else's. A probe removes its own. */
export const probePrefix = 'probes/';

/** What StreamSage does with objects. */
export const storeActions = ['write', 'read', 'list', 'delete'] as const;
export type StoreAction = (typeof storeActions)[number];

export interface StoreProbe {
  /** Why an action did not work, as an error of the store's adapter; nothing of those that did. */
  readonly refused: Readonly<Partial<Record<StoreAction, Error>>>;
  /** Whether what was read is what was written, by SHA-256; undefined where one of the two did not work. */
  readonly intact: boolean | undefined;
  /** How far the store's clock is ahead of this machine's, ms; undefined where the store does not say. */
  readonly clockAheadMs: number | undefined;
}

/** How long the removal of the probe may take once its time is over. */
const removalMs = 5000;
/** A probe that lies there for so long was left by a process that was killed: the next probe removes it. */
const usualStrayMs = 3_600_000;

/**
 * Tries what StreamSage does with a store on an object of 1 kB, which is gone afterwards.
 * @param signal ends the probe; the object is removed all the same
 * @throws StoreUnreachableError if the store does not answer the first request
 */
export async function probeStore(
  settings: S3Settings,
  signal: AbortSignal,
  strayMs = usualStrayMs,
): Promise<StoreProbe> {
  const client = createS3Client(settings);
  const clock = watchClock(client);
  const place = { Bucket: settings.bucket, Key: `${probePrefix}${randomUUID()}` };
  const bytes = randomBytes(1024);
  const refused: Partial<Record<StoreAction, Error>> = {};
  const attempt = async <Result>(action: StoreAction, work: () => Promise<Result>) => {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      // What could not be written is not there: reading was let through.
      if (action !== 'read' || !refused.write || !isAbsent(error)) {
        refused[action] = storeError(error, settings);
      }
      if (action === 'write' && refused.write instanceof StoreUnreachableError) throw refused.write;
      return undefined;
    }
  };
  const until = { abortSignal: signal };
  const remove = (Key: string) =>
    client.send(new DeleteObjectCommand({ ...place, Key }), { abortSignal: AbortSignal.timeout(removalMs) });
  try {
    let read: Uint8Array | undefined;
    try {
      const ContentType = 'application/octet-stream';
      await attempt('write', () =>
        client.send(new PutObjectCommand({ ...place, ContentType, Body: bytes }), until),
      );
      read = await attempt('read', async () => {
        const { Body } = await client.send(new GetObjectCommand(place), until);
        return Body!.transformToByteArray();
      });
      const list = new ListObjectsV2Command({ Bucket: place.Bucket, Prefix: probePrefix, MaxKeys: 100 });
      const listed = await attempt('list', () => client.send(list, until));
      for (const { Key, LastModified } of listed?.Contents ?? []) {
        if (Key && Date.now() - Number(LastModified) > strayMs) await remove(Key).catch(() => undefined);
      }
    } finally {
      await remove(place.Key).catch((error: unknown) => (refused.delete = storeError(error, settings)));
    }
    return {
      refused,
      intact: read && !refused.write ? digest(read) === digest(bytes) : undefined,
      clockAheadMs: clock(),
    };
  } finally {
    client.destroy();
  }
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Looks at the answers' Date, also of those that refuse. @returns what the first of them said */
function watchClock(client: S3Client): () => number | undefined {
  let ahead: number | undefined;
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentAt = Date.now();
      const answer = await next(args);
      const { headers } = answer.response as { headers?: Record<string, string> };
      ahead ??= clockAhead(headers?.['date'], sentAt, Date.now());
      return answer;
    },
    // The innermost: the raw answer, before anything is made of it.
    { step: 'deserialize', priority: 'low', name: 'streamsageClock' },
  );
  return () => ahead;
}

/**
 * How far a server's clock is ahead of ours, in ms, from an HTTP date (whole seconds) and when we asked and were answered
 * (ms since 1970); undefined for what is no date.
 */
export function clockAhead(date: string | undefined, sentAt: number, receivedAt: number): number | undefined {
  const said = Date.parse(date ?? '');
  return Number.isNaN(said) ? undefined : said + 500 - (sentAt + receivedAt) / 2;
}
