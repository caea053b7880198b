import { putContent } from '../../artifacts/content.js';
import type { Manifest } from '../../artifacts/manifest.js';
import type { ObjectStore } from '../../artifacts/object-store.js';

/** A small manifest whose artifacts are in the store. */
export async function manifestOf(
  store: ObjectStore,
  run: string,
  files: Readonly<Record<string, string>>,
): Promise<Manifest> {
  const artifacts = [];
  for (const [name, text] of Object.entries(files)) {
    const reference = await putContent(store, new TextEncoder().encode(text), 'text/plain');
    artifacts.push({ name, contentType: 'text/plain', ...reference });
  }
  return {
    formatVersion: 1,
    run,
    createdAt: '2026-01-01T00:00:00.000Z',
    source: { kind: 'synthetic', sha256: 'a'.repeat(64), synthetic: true },
    parameters: { epochs: 1 },
    data: { windows: 3 },
    stages: [],
    artifacts,
    training: { engine: 'wasm' },
    metrics: { test: { accuracy: 1 } },
    versions: { streamsage: '0.0.0' },
    timings: { train: 1 },
  };
}
