/** What travels between stages instead of data: where the bytes are, and what they must be. */
export interface ArtifactReference {
  /** Key in the bucket. */
  readonly key: string;
  /** SHA-256 of the bytes, lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}
