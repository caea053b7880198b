import { SourceUnreachableError } from './errors.js';

/** SHA-256 of the `u.data` in the publisher's ml-100k.zip. */
export const movielensRatingsSha256 = '06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490';

/** The archive has 4.9 MB; a server that sends ten times that sends something else. */
const maximumBytes = 64 * 1024 * 1024;

export interface MovieLensDownload {
  /** Tried in order. */
  readonly urls: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { receivedBytes: number; totalBytes?: number }) => void;
  readonly patience?: DownloadPatience;
}

export interface DownloadPatience {
  /** Milliseconds until a source answers. */
  readonly answerMs: number;
  /** Milliseconds in which nothing comes. */
  readonly idleMs: number;
}

/**
 * Downloads the archive from the first source that gives it.
 * @throws SourceUnreachableError saying what was tried and why it failed
 */
export async function downloadMovieLens({
  urls,
  signal,
  onProgress,
  patience = { answerMs: 15_000, idleMs: 20_000 },
}: MovieLensDownload): Promise<Uint8Array> {
  const failures: string[] = [];
  for (const url of urls) {
    try {
      return await downloadFrom(checkedUrl(url), patience, signal, onProgress);
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(`${shown(url)}: ${reasonOf(error)}`);
    }
  }
  throw new SourceUnreachableError(
    `MovieLens 100K could not be downloaded. Tried ${failures.join('; ')}. ` +
      'With a copy: --source path/to/ml-100k.zip; on made-up data: --source synthetic',
  );
}

/** Without what may be secret: a user's name and password, a token in the query. */
function shown(url: string): string {
  if (!URL.canParse(url)) return 'an address that cannot be read';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

function checkedUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol))
    throw new Error('expected http:// or https://');
  if (parsed.username || parsed.password)
    throw new Error('expected no user name and password in the address');
  return parsed;
}

async function downloadFrom(
  url: URL,
  { answerMs, idleMs }: DownloadPatience,
  signal: AbortSignal | undefined,
  onProgress: MovieLensDownload['onProgress'],
): Promise<Uint8Array> {
  const stalled = new AbortController();
  const watch = (milliseconds: number, what: string) =>
    setTimeout(() => stalled.abort(new Error(`${what} for ${milliseconds / 1000} s`)), milliseconds);
  let timer = watch(answerMs, 'no answer');
  try {
    const response = await fetch(url, {
      signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
    });
    if (!response.ok || !response.body) {
      // A body that nobody reads keeps the connection, and with it the process.
      await response.body?.cancel();
      throw new Error(`HTTP ${response.status} ${response.statusText}`);
    }
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
