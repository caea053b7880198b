import type { IncomingMessage } from 'node:http';
import { get, RefusedError, type RequestOptions } from './http-request.js';
import { PrivateAddressError } from './public-address.js';

/** What a server says about the version of a file, to be shown to it again. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

export interface DownloadPatience {
  /** Milliseconds until a source answers. */
  readonly answerMs: number;
  /** Milliseconds in which nothing comes. */
  readonly idleMs: number;
  /** How often a source is tried that cannot be reached or breaks off. */
  readonly tries: number;
  /** Milliseconds before the second try; each further wait is twice as long. */
  readonly backOffMs: number;
}

export const defaultPatience: DownloadPatience = {
  answerMs: 10_000,
  idleMs: 20_000,
  tries: 3,
  backOffMs: 500,
};

export interface DownloadProgress {
  readonly receivedBytes: number;
  readonly totalBytes?: number;
}

export interface Download extends Pick<RequestOptions, 'pinned' | 'privateAllowed' | 'authorities'> {
  readonly url: URL;
  readonly maximumBytes: number;
  /** Of the version that is at hand: if it is still the current one, nothing is sent. */
  readonly known?: Validators;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly patience?: Partial<DownloadPatience>;
}

export type Downloaded =
  | { readonly state: 'unchanged'; readonly warnings: readonly string[] }
  | {
      readonly state: 'fetched';
      readonly bytes: Uint8Array;
      readonly validators: Validators;
      readonly warnings: readonly string[];
    };

/** The part that has come so far. */
interface Part {
  chunks: Uint8Array[];
  received: number;
  validators: Validators;
}

/**
 * Downloads a file. What breaks off is tried again and goes on where it broke off (RFC 9110, Range with If-Range), unless
 * the file has changed or the server cannot do that: then it begins anew.
 * @throws RefusedError, PrivateAddressError, or what the last try failed of
 */
export async function download(what: Download): Promise<Downloaded> {
  const { signal } = what;
  const patience = { ...defaultPatience, ...what.patience };
  const warnings = new Set<string>();
  const part: Part = { chunks: [], received: 0, validators: {} };
  for (let tried = 1; ; tried++) {
    try {
      const state = await attempt(what, part, patience, (warning) => void warnings.add(warning));
      if (state === 'unchanged') return { state, warnings: [...warnings] };
      const bytes = new Uint8Array(Buffer.concat(part.chunks));
      return { state, bytes, validators: part.validators, warnings: [...warnings] };
    } catch (error) {
      signal?.throwIfAborted();
      if (tried >= patience.tries || !mayPass(error)) throw error;
      await sleep(patience.backOffMs * 2 ** (tried - 1), signal);
    }
  }
}

async function attempt(
  { url, maximumBytes, known, signal, onProgress, ...options }: Download,
  part: Part,
  { answerMs, idleMs }: DownloadPatience,
  onWarning: (warning: string) => void,
): Promise<'fetched' | 'unchanged'> {
  const stalled = new AbortController();
  const watch = (milliseconds: number, error: Error) => setTimeout(() => stalled.abort(error), milliseconds);
  let timer = watch(answerMs, new NoAnswerError(`no answer for ${answerMs / 1000} s`));
  let response: IncomingMessage | undefined;
  try {
    const resumed = rangeHeaders(part);
    response = await get(url, {
      ...options,
      headers: resumed ?? conditionalHeaders(known),
      signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
      onWarning,
    });
    const { statusCode = 0, headers } = response;
    if (statusCode === 304 && known && !resumed) return 'unchanged';
    if (statusCode !== 200 && statusCode !== 206) {
      // The part is none of this file any more.
      if (statusCode === 416) startAnew(part, {});
      throw new StatusError(statusCode, response.statusMessage ?? '');
    }
    if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
      throw new RefusedError(`expected the file as it is, got it in ${headers['content-encoding']}`);
    }
    if (statusCode === 200) startAnew(part, validatorsOf(response));
    else if (!resumed || !continues(part, response)) {
      startAnew(part, {});
      throw new InterruptedDownloadError('another part of the file came than was asked for');
    }
    const total = totalBytes(response, part.received);
    if ((total ?? 0) > maximumBytes) throw tooLarge(maximumBytes);
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      timer = watch(idleMs, new InterruptedDownloadError(`nothing came for ${idleMs / 1000} s`));
      if (part.received + chunk.length > maximumBytes) throw tooLarge(maximumBytes);
      part.received += chunk.length;
      part.chunks.push(chunk);
      onProgress?.({
        receivedBytes: part.received,
        ...(total === undefined ? {} : { totalBytes: total }),
      });
    }
    if (total !== undefined && part.received !== total) {
      throw new InterruptedDownloadError(`the connection was cut after ${part.received} of ${total} bytes`);
    }
    return 'fetched';
  } catch (error) {
    throw stalled.signal.aborted ? stalled.signal.reason : error;
  } finally {
    clearTimeout(timer);
    // A body that nobody reads keeps the connection, and with it the process.
    response?.destroy();
  }
}

/** Nobody answers: another try would wait as long. */
class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

class InterruptedDownloadError extends Error {
  override readonly name = 'InterruptedDownloadError';
}

class StatusError extends Error {
  override readonly name = 'StatusError';
  constructor(
    readonly status: number,
    text: string,
  ) {
    super(`HTTP ${status} ${text}`.trimEnd());
  }
}

function tooLarge(maximumBytes: number): RefusedError {
  return new RefusedError(`more than ${maximumBytes} bytes`);
}

const passingStatus = [408, 416, 425, 429, 500, 502, 503, 504];
const passingCodes = [
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'HPE_INVALID_EOF_STATE'],
];

/** Whether it may be otherwise in a moment. */
function mayPass(error: unknown): boolean {
  if (error instanceof RefusedError || error instanceof PrivateAddressError) return false;
  if (error instanceof StatusError) return passingStatus.includes(error.status);
  if (error instanceof InterruptedDownloadError) return true;
  return passingCodes.includes((error as NodeJS.ErrnoException).code ?? '');
}

const tlsFault =
  /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_|HOSTNAME_|PATH_LENGTH_)/;

/** Whether a source answered and refused, or must not be asked: it will be the same at another time. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof RefusedError || error instanceof PrivateAddressError) return true;
  if (error instanceof StatusError) return !passingStatus.includes(error.status);
  return tlsFault.test((error as NodeJS.ErrnoException).code ?? '');
}

/** Only with a validator: a part of one version must not be joined with a part of another. */
function rangeHeaders({ received, validators: { etag, lastModified } }: Part) {
  const validator = etag && !etag.startsWith('W/') ? etag : lastModified;
  if (received === 0 || validator === undefined) return undefined;
  return { range: `bytes=${received}-`, 'if-range': validator };
}

function conditionalHeaders(known: Validators | undefined): Record<string, string> {
  return {
    ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
  };
}

function validatorsOf({ headers }: IncomingMessage): Validators {
  const { etag, 'last-modified': lastModified } = headers;
  return { ...(etag ? { etag } : {}), ...(lastModified ? { lastModified } : {}) };
}

function startAnew(part: Part, validators: Validators): void {
  part.chunks = [];
  part.received = 0;
  part.validators = validators;
}

/** Whether a 206 begins where the part ends, and is of the same version. */
function continues(part: Part, response: IncomingMessage): boolean {
  const from = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
  const { etag } = validatorsOf(response);
  return (
    from !== undefined &&
    Number(from) === part.received &&
    (etag ?? part.validators.etag) === part.validators.etag
  );
}

function totalBytes({ headers }: IncomingMessage, received: number): number | undefined {
  const length = headers['content-length'];
  return length !== undefined && /^\d+$/.test(length) ? received + Number(length) : undefined;
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** What went wrong, in its own words: at the bottom of a chain of causes, or its code. */
export function reasonOf(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  if (!(deepest instanceof Error)) return String(deepest);
  const { code } = deepest as NodeJS.ErrnoException;
  return deepest.message || code || deepest.name;
}
