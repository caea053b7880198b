import { z } from 'zod';
import { InvalidManifestError } from './errors.js';
import { referenceSchema } from './reference.js';

const values = z.record(z.string(), z.union([z.number(), z.string()]));

/** All that is needed to say what a model is, what it was made from, and by which code. */
const manifestSchema = z.object({
  formatVersion: z.literal(1),
  run: z.string(),
  /** ISO 8601, UTC: when the publish stage was scheduled. */
  createdAt: z.string(),
  source: z.object({
    kind: z.string(),
    /** File name, if a file was uploaded. */
    name: z.string().optional(),
    /** SHA-256 of the ratings. */
    sha256: z.string(),
    synthetic: z.boolean(),
  }),
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  /** Counts of ratings, users, movies, windows. */
  data: values,
  stages: z.array(
    z.object({
      stage: z.string(),
      result: z.enum(['hit', 'miss']),
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
  training: values.default({}),
  /** Versions of code and runtime. */
  versions: z.record(z.string(), z.string()),
  /** Seconds, per stage. */
  timings: z.record(z.string(), z.number()),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** @throws InvalidManifestError saying which field is wrong */
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
  const { path, message } = parsed.error.issues[0]!;
  throw new InvalidManifestError(`Expected a manifest of format 1, got \`${path.join('.')}\`: ${message}`);
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifestSchema.parse(manifest), undefined, 2)}\n`);
}
