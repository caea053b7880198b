import { z } from 'zod';
import { InvalidManifestError } from './errors.js';
import { encodeJson } from './json.js';
import { referenceSchema } from './reference.js';
import { valuesSchema } from './stage-record.js';

/** Raised when a reader of the format before could not read the new one (docs/decisions/0007-versions.md). */
const format = 1;

/** All that is needed to say what a model is, what it was made from, and by which code. Fields that are not known pass. */
const manifestSchema = z.object({
  formatVersion: z.literal(format),
  run: z.string(),
  /** ISO 8601, UTC: when the publish stage was scheduled. */
  createdAt: z.string(),
  /** What started the run; runs of earlier versions do not say. */
  startedBy: z.enum(['hand', 'schedule', 'backfill', 'repair']).optional(),
  /** The schedule it was started through, and the time it was due there, ISO 8601, UTC. */
  schedule: z.object({ name: z.string(), time: z.string() }).optional(),
  source: z.object({
    kind: z.string(),
    /** File name, if a file was uploaded; the address, if the worker asked one. */
    name: z.string().optional(),
    /** Who gave the ratings: a source's name and host. */
    from: z.string().optional(),
    /** What was out of order, and accepted: an expired certificate. */
    warning: z.string().optional(),
    /** SHA-256 of the ratings. */
    sha256: z.string(),
    synthetic: z.boolean(),
  }),
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  /** Counts of ratings, users, movies, windows. */
  data: valuesSchema,
  stages: z.array(
    z.object({
      stage: z.string(),
      result: z.enum(['hit', 'miss']),
      /** Why it was a hit or a miss. Runs of earlier versions do not say. */
      reason: z.string().exactOptional(),
      /** Key of the stage's record. */
      key: z.string(),
      seconds: z.number(),
      outputs: z.record(z.string(), referenceSchema),
    }),
  ),
  artifacts: z.array(
    z.object({
      name: z.string(),
      contentType: z.string(),
      key: z.string(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      bytes: z.int().nonnegative(),
    }),
  ),
  metrics: z.object({ test: z.record(z.string(), z.unknown()) }),
  /** Engine and device that trained, why they were chosen, steps, epochs, what names the training. */
  training: valuesSchema.default({}),
  /** Versions of code and runtime. */
  versions: z.record(z.string(), z.string()),
  /** Seconds, per stage. */
  timings: z.record(z.string(), z.number()),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** What a manifest of any format says of itself. */
const formatSchema = z.object({
  formatVersion: z.int(),
  versions: z.object({ streamsage: z.string() }).optional().catch(undefined),
});

/** @throws InvalidManifestError saying which field is wrong, or what wrote a format that this version does not know */
export function parseManifest(bytes: Uint8Array): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new InvalidManifestError(
      `Expected a manifest in JSON, got ${bytes.length} bytes of something else`,
    );
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const said = formatSchema.safeParse(json).data;
  if (said && said.formatVersion > format) {
    const writer = said.versions ? `StreamSage ${said.versions.streamsage}` : 'a later StreamSage';
    throw new InvalidManifestError(
      `Expected a manifest of format ${format}, got format ${said.formatVersion}, written by ${writer}. Read it with that ` +
        'version or a newer one: git pull, npm run setup',
    );
  }
  const { path, message } = parsed.error.issues[0]!;
  throw new InvalidManifestError(
    `Expected a manifest of format ${format}, got \`${path.join('.')}\`: ${message}`,
  );
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  return encodeJson(manifestSchema.parse(manifest), 'indented');
}
