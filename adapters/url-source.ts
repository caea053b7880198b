import { download, type Download, type Downloaded, isRefusal, reasonOf } from './download.js';
import { SourceRefusedError, SourceUnreachableError } from './errors.js';

/**
 * Fetches ratings from an address that somebody named: nothing about their content is known beforehand, so no check of
 * the certificate is relaxed.
 * @throws SourceRefusedError, SourceUnreachableError
 */
export async function fetchUrl(
  address: string,
  options: Omit<Download, 'url' | 'pinned'>,
): Promise<Downloaded> {
  const url = new URL(address);
  try {
    return await download({ ...options, url, pinned: false });
  } catch (error) {
    options.signal?.throwIfAborted();
    const message =
      `Expected ratings from ${url.protocol}//${url.host}${url.pathname}, got: ${reasonOf(error)}. ` +
      'With a copy: --source path/to/file';
    throw isRefusal(error) ? new SourceRefusedError(message) : new SourceUnreachableError(message);
  }
}
