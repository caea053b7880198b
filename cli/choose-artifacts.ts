import type { Manifest } from '../artifacts/manifest.js';
import { UsageError } from './exit-codes.js';

/**
 * The artifacts of these names, all if none is named. `manifest.json` is known, too, and is none of them.
 * @throws UsageError if one is unknown
 */
export function chooseArtifacts(manifest: Manifest, names: readonly string[]): Manifest['artifacts'] {
  if (names.length === 0) return manifest.artifacts;
  const known = [...manifest.artifacts.map(({ name }) => name), 'manifest.json'];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(
      `Run ${manifest.run} has no artifact \`${unknown.join('`, `')}\`: expected ${known.join(', ')}`,
    );
  }
  return manifest.artifacts.filter(({ name }) => names.includes(name));
}
