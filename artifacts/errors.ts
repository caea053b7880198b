/** What can go wrong with the store. The class's name decides in workflows/retries.ts whether a retry can help. */

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

/** An attempt that was given up on tries to write what a newer one writes now. */
export class StaleAttemptError extends Error {
  override readonly name = 'StaleAttemptError';
}
