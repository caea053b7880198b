import type { Stage } from './config.js';
import { trainingVersion } from './training-identity.js';

/**
 * Version of each stage's code, raised when it gives other bytes for the same input. They are part of what names a
 * stage's result, and together of what tells whether a run would make anything new.
 */
export const stageVersions = {
  download: 2,
  preprocess: 2,
  window: 1,
  train: trainingVersion,
  evaluate: 1,
  publish: 1,
} as const satisfies Record<Stage, number>;
