import { isRefusal, reasonOf } from './download.js';
import { get } from './http-request.js';
import { checkedUrl, type MovieLensSource, shownSource } from './movielens.js';

/** How a source of the data set stands, as seen from this machine. */
export interface SourceProbe {
  /** `silent`: there is no way to it now. `useless`: it answers, or its address reads, so that it cannot be used. */
  readonly state: 'answers' | 'silent' | 'useless';
  /** Its name and address, without what may be secret. */
  readonly source: string;
  /** Why it cannot be used. */
  readonly reason?: string;
}

/** Asks a source for its first byte. It never throws. @param signal ends the wait */
export async function probeSource(source: MovieLensSource, signal: AbortSignal): Promise<SourceProbe> {
  const shown = shownSource(source);
  let url: URL;
  try {
    url = checkedUrl(source.url);
  } catch (error) {
    return { state: 'useless', source: shown, reason: reasonOf(error) };
  }
  try {
    const response = await get(url, {
      headers: { range: 'bytes=0-0' },
      ...{ signal, pinned: true, privateAllowed: true, onWarning: () => undefined },
    });
    // Some servers know no ranges, and would send all of it.
    response.destroy();
    const status = response.statusCode ?? 0;
    if (status === 200 || status === 206) return { state: 'answers', source: shown };
    return {
      state: status >= 500 || status === 429 ? 'silent' : 'useless',
      source: shown,
      reason: `HTTP ${status}`,
    };
  } catch (error) {
    const state = !signal.aborted && isRefusal(error) ? 'useless' : 'silent';
    return { state, source: shown, reason: reasonOf(signal.aborted ? signal.reason : error) };
  }
}
