import { SourceUnreachableError } from './errors.js';

/** SHA-256 of the `u.data` in the publisher's ml-100k.zip. */
export const movielensRatingsSha256 = '06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490';

/** The archive has 4.9 MB; a server that sends ten times that sends something else. */
const maximumBytes = 64 * 1024 * 1024;
const connectMs = 15_000;
const idleMs = 20_000;

export interface MovieLensDownload {
  /** Tried in order. */
  readonly urls: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { receivedBytes: number; totalBytes?: number }) => void;
}

/**
 * Downloads the archive from the first source that gives it.
 * @throws SourceUnreachableError saying what was tried and why it failed
 */
export async function downloadMovieLens({
  urls,
  signal,
  onProgress,
}: MovieLensDownload): Promise<Uint8Array> {
  const failures: string[] = [];
  for (const url of urls) {
    try {
      return await downloadFrom(url, signal, onProgress);
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(`${url}: ${reasonOf(error)}`);
    }
  }
  throw new SourceUnreachableError(
    `MovieLens 100K could not be downloaded. Tried ${failures.join('; ')}. ` +
      'With a copy: --source path/to/ml-100k.zip; on made-up data: --source synthetic',
  );
}

async function downloadFrom(
  url: string,
  signal: AbortSignal | undefined,
  onProgress: MovieLensDownload['onProgress'],
): Promise<Uint8Array> {
  const stalled = new AbortController();
  const watch = (milliseconds: number, what: string) =>
    setTimeout(() => stalled.abort(new Error(`${what} for ${milliseconds / 1000} s`)), milliseconds);
  let timer = watch(connectMs, 'no answer');
  try {
    const response = await fetch(url, {
      signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
    });
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status} ${response.statusText}`);
    const length = Number(response.headers.get('content-length') ?? NaN);
    const chunks: Uint8Array[] = [];
    let receivedBytes = 0;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      timer = watch(idleMs, 'nothing came');
      receivedBytes += chunk.length;
      if (receivedBytes > maximumBytes) throw new Error(`more than ${maximumBytes} bytes`);
      chunks.push(chunk);
      onProgress?.({ receivedBytes, ...(Number.isFinite(length) ? { totalBytes: length } : {}) });
    }
    if (Number.isFinite(length) && receivedBytes !== length && !response.headers.get('content-encoding')) {
      throw new Error(`the connection was cut after ${receivedBytes} of ${length} bytes`);
    }
    return new Uint8Array(Buffer.concat(chunks));
  } finally {
    clearTimeout(timer);
  }
}

/** Node's fetch says "fetch failed" and hides why in the cause. */
function reasonOf(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  if (!(deepest instanceof Error)) return String(deepest);
  const { code } = deepest as NodeJS.ErrnoException;
  return deepest.message || code || deepest.name;
}
