import { defineSearchAttributeKey } from '@temporalio/common';

/** What runs can be filtered by, in the web UI and in `runs list`. A server must know them: `streamsage provision`. */
export const searchAttributes = {
  /** `movielens-100k`, `synthetic`, or the name of what was given. */
  dataset: defineSearchAttributeKey('StreamSageDataset', 'KEYWORD'),
  /** `notebook`, and the parameters that differ from it. */
  recipe: defineSearchAttributeKey('StreamSageRecipe', 'KEYWORD'),
  /** `running`, `blocked`, `completed`, `unchanged`, `failed`, `cancelled`. */
  outcome: defineSearchAttributeKey('StreamSageOutcome', 'KEYWORD'),
  /** `hand`, `schedule`, `backfill`, `repair`. */
  startedBy: defineSearchAttributeKey('StreamSageStartedBy', 'KEYWORD'),
  /** ROC AUC on the test part; absent where it is not defined. */
  auc: defineSearchAttributeKey('StreamSageAuc', 'DOUBLE'),
} as const;
