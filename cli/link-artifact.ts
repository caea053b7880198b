import { longestLinkSeconds, signLink } from '../adapters/s3-link.js';
import { createS3ObjectStore } from '../adapters/s3-object-store.js';
import { loadS3Settings } from '../adapters/settings.js';
import { checkReference } from '../artifacts/content.js';
import { ArtifactMissingError } from '../artifacts/errors.js';
import type { ObjectStore } from '../artifacts/object-store.js';
import { readManifestBytes, runKey } from '../artifacts/runs.js';
import { chooseArtifacts } from './choose-artifacts.js';
import { parseDuration } from './duration.js';
import { UsageError } from './exit-codes.js';
import { type Output, printJson } from './output.js';
import { isLoopback, portForwardLines } from './port-forward.js';
import { runWithArtifacts } from './run-with-artifacts.js';

export interface LinkOptions {
  /** Seconds. */
  readonly expires: number;
  readonly publicUrl?: string;
  readonly json?: boolean;
}

/**
 * Prints a link by which anybody reads one artifact of a run until it expires.
 * @throws UsageError if the run has no such artifact; ArtifactMissingError
 */
export async function linkArtifact(
  run: string,
  name: string,
  { expires: seconds, publicUrl, json }: LinkOptions,
  output: Output,
): Promise<void> {
  const settings = loadS3Settings();
  const store = createS3ObjectStore(settings);
  const key = await keyOf(store, await runWithArtifacts(store, run, output), name);
  const { url, expires } = await signLink(settings, key, {
    ...{ seconds, fileName: name.split('/').at(-1)! },
    ...(publicUrl === undefined ? {} : { publicUrl }),
  });
  const ends = expires.toISOString().replace('.000Z', 'Z');
  if (json) printJson(output, { url, expires: ends });
  else output.result(url);
  output.note(`Whoever has this link can read this one object, and nothing else, until ${ends}`);
  if (isLoopback(url)) {
    output.note(
      `Only this machine reaches ${new URL(url).host}. For others: --public-url, the address at which they reach the store`,
    );
    for (const line of portForwardLines([url])) output.note(line);
  }
}

async function keyOf(store: ObjectStore, run: string, name: string): Promise<string> {
  const { manifest } = await readManifestBytes(store, run);
  const [artifact] = chooseArtifacts(manifest, [name]);
  if (artifact === undefined) return runKey(run, name);
  checkReference(artifact);
  if ((await store.head(artifact.key))?.bytes !== artifact.bytes) {
    throw new ArtifactMissingError(
      `Expected ${artifact.bytes} bytes of ${name} at ${artifact.key}, got none or other ones: ` +
        '`npx --no-install streamsage artifacts verify` says what to do',
    );
  }
  return artifact.key;
}

/** Reads `--expires`. @returns seconds @throws UsageError */
export function parseExpires(text: string): number {
  return parseDuration('--expires', text, 1000, longestLinkSeconds * 1000) / 1000;
}

/**
 * Reads `--public-url`: scheme and host, since a signature covers the path as the store sees it.
 * @returns the origin
 * @throws UsageError
 */
export function parsePublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin = url && ['http:', 'https:'].includes(url.protocol) && url.href === `${url.origin}/`;
  if (isOrigin) return url.origin;
  // What is in front of an @ may be a password.
  const said = text.replace(/\/\/.*@/, '//…@');
  throw new UsageError(
    `Expected \`--public-url\` to be http:// or https:// with a host and no path, such as https://store.example.com, got \`${said}\``,
  );
}
