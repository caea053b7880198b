import { z } from 'zod';

/** What travels between stages instead of data: where the bytes are, and what they must be. */
export interface ArtifactReference {
  /** Key in the bucket. */
  readonly key: string;
  /** SHA-256 of the bytes, lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

export const referenceSchema: z.ZodType<ArtifactReference> = z.object({
  key: z.string().max(1024),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().nonnegative(),
});
