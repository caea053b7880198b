import { download, type DownloadPatience, type DownloadProgress, reasonOf } from './download.js';
import { SourceUnreachableError, WrongContentError } from './errors.js';

/** SHA-256 of the `u.data` in the publisher's ml-100k.zip. */
export const movielensRatingsSha256 = '06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490';

/** The archive has 4.9 MB; a server that sends ten times that sends something else. */
const maximumBytes = 64 * 1024 * 1024;

/** A place where MovieLens 100K can be had. */
export interface MovieLensSource {
  /** Absent where whoever configured the address gave none. */
  readonly name?: string;
  readonly url: string;
}

/**
 * The publisher, then copies that others keep: Recommenders' (a Linux Foundation project) of all that GroupLens
 * published, Cornac's of `u.data` alone, and what the Internet Archive saw. Whether one was altered shows in its SHA-256.
 */
export const movielensSources: readonly MovieLensSource[] = [
  { name: 'grouplens', url: 'https://files.grouplens.org/datasets/movielens/ml-100k.zip' },
  {
    name: 'hugging-face',
    url: 'https://huggingface.co/datasets/Recommenders/MovieLens/resolve/main/ml-100k.zip',
  },
  { name: 'cornac', url: 'https://static.preferred.ai/cornac/datasets/movielens/ml-100k/u.data' },
  {
    name: 'internet-archive',
    url: 'https://web.archive.org/web/2022id_/https://files.grouplens.org/datasets/movielens/ml-100k.zip',
  },
];

export interface MovieLensDownload<Content> {
  /** Tried in order. */
  readonly sources: readonly MovieLensSource[];
  /**
   * Judges what came, and makes of it what is wanted. Its error passes the source over.
   * @param name names the file in errors
   */
  readonly accept: (file: Uint8Array, name: string) => Promise<Content>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly patience?: Partial<DownloadPatience>;
  /** Trusted authorities in PEM, in place of Node's. */
  readonly authorities?: readonly string[];
}

export interface MovieLensCopy<Content> {
  readonly content: Content;
  /** The source's name and host. */
  readonly from: string;
  /** Bytes that came. */
  readonly bytes: number;
  readonly warnings: readonly string[];
}

/**
 * Downloads MovieLens 100K from the first source that gives what is accepted.
 * @throws SourceUnreachableError saying what was tried and why it failed; WrongContentError if all that was tried came,
 * and nothing was accepted
 */
export async function downloadMovieLens<Content>({
  sources,
  accept,
  signal,
  ...options
}: MovieLensDownload<Content>): Promise<MovieLensCopy<Content>> {
  const failures: string[] = [];
  let came = 0;
  for (const source of sources) {
    try {
      const url = checkedUrl(source.url);
      const got = await download({
        ...options,
        ...{ url, maximumBytes, pinned: true, privateAllowed: true },
        ...(signal ? { signal } : {}),
      });
      if (got.state !== 'fetched') throw new Error('nothing came');
      came++;
      const content = await accept(got.bytes, url.pathname.split('/').at(-1) ?? url.host);
      const { bytes, warnings } = got;
      return { content, from: placeOf(source, url), bytes: bytes.length, warnings };
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(`${shownSource(source)}: ${reasonOf(error)}`);
    }
  }
  const message = `MovieLens 100K could not be downloaded. Tried ${failures.join('; ')}. With a copy: `;
  if (came === sources.length && came > 0) {
    throw new WrongContentError(
      `${message}--source path/to/ml-100k.zip. To train on another one all the same, pass it as a file`,
    );
  }
  throw new SourceUnreachableError(
    `${message}--source path/to/ml-100k.zip; on made-up data: --source synthetic`,
  );
}

function placeOf({ name }: MovieLensSource, { host }: URL): string {
  return name === undefined ? host : `${name} (${host})`;
}

/** Without what may be secret: a user's name and password, a token in the query. */
export function shownSource({ name, url }: MovieLensSource): string {
  const label = name === undefined ? '' : `${name} `;
  if (!URL.canParse(url)) return `${label}an address that cannot be read`;
  const { protocol, host, pathname } = new URL(url);
  return `${label}${protocol}//${host}${pathname}`;
}

/** A source's address. @throws Error if it is none that can be asked */
export function checkedUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol))
    throw new Error('expected http:// or https://');
  if (parsed.username || parsed.password)
    throw new Error('expected no user name and password in the address');
  return parsed;
}
