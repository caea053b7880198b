import { probeSource, type SourceProbe } from '../adapters/probe-source.js';
import { loadMovieLensSources } from '../adapters/settings.js';
import type { Check, Finding } from './findings.js';

const check = 'data source';
const patienceMs = 5000;

/** Which places of MovieLens 100K can be reached from here. */
export const sourcesCheck: Check = {
  name: check,
  limitMs: patienceMs + 1000,
  whenSilent: 'warning',
  async run(signal) {
    const probes = loadMovieLensSources().map((source) => {
      const late = AbortSignal.timeout(patienceMs);
      return probeSource(source, AbortSignal.any([signal, late]));
    });
    return judgeSources(await Promise.all(probes));
  },
};

/**
 * No way to a source is a warning: runs may bring a file, and workers may be elsewhere. That not one of them can ever
 * give anything is a failure.
 */
export function judgeSources(probes: readonly SourceProbe[]): Finding[] {
  const isHopeless = probes.every(({ state }) => state === 'useless');
  const another = probes.some(({ state }) => state === 'answers');
  const wayOut = another ? 'Another one is taken' : 'With a copy: --source path/to/ml-100k.zip';
  return probes.map(({ state, source, reason = 'no answer' }) => {
    if (state === 'answers') return { check, state: 'ok', says: source };
    return {
      ...{ check, state: isHopeless ? 'failed' : 'warning' },
      says: `${source}: ${reason}. ${isHopeless ? 'Check STREAMSAGE_MOVIELENS_URL' : wayOut}`,
    };
  });
}
