/**
 * Errors that a retry cannot help, by class name: the same input gives the same error. Everything else (a store or a
 * source that does not answer, a killed worker) is tried again.
 */
export const nonRetryableErrors: string[] = [
  'ArtifactCorruptError',
  'ArtifactMissingError',
  'InvalidArtifactNameError',
  'InvalidDataError',
  'InvalidManifestError',
  'InvalidParameterError',
  'InvalidWeightsError',
  'InvalidReferenceError',
  'InvalidSourceError',
  'SourceRefusedError',
  // Every source has been tried several times by then.
  'SourceUnreachableError',
  'StoreAccessError',
  'OutOfMemoryError',
  'TrainingDivergedError',
  'WrongContentError',
];
