/** What can go wrong with the store. The class's name decides in workflows/failures.ts whether a retry can help. */

/** An artifact that something refers to is not in the store. */
export class ArtifactMissingError extends Error {
  override readonly name = 'ArtifactMissingError';
}

/** An artifact's bytes are not the ones it is named for. */
export class ArtifactCorruptError extends Error {
  override readonly name = 'ArtifactCorruptError';
}

/** A reference is not one that this code writes. */
export class InvalidReferenceError extends Error {
  override readonly name = 'InvalidReferenceError';
}

/** A run, artifact or alias has a name that leads elsewhere or cannot be shown. */
export class InvalidArtifactNameError extends Error {
  override readonly name = 'InvalidArtifactNameError';
}

/** A manifest is malformed, or of a format this version does not know. */
export class InvalidManifestError extends Error {
  override readonly name = 'InvalidManifestError';
}

/** What lies under an alias does not name a run. */
export class InvalidAliasError extends Error {
  override readonly name = 'InvalidAliasError';
}

/** No run of this name has been published. */
export class RunNotFoundError extends Error {
  override readonly name = 'RunNotFoundError';
}

/** Garbage is being collected for longer than a stage waits. A retry helps once that is over. */
export class StoreBeingCleanedError extends Error {
  override readonly name = 'StoreBeingCleanedError';
}

/** A collection of garbage cannot be sure any more that it is the only one, and removes nothing more. */
export class CollectionLostError extends Error {
  override readonly name = 'CollectionLostError';
}

/** An attempt that was given up on tries to write what a newer one writes now. */
export class StaleAttemptError extends Error {
  override readonly name = 'StaleAttemptError';
}
