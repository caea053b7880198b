import type { Parameters, Stage } from './config.js';
import type { EnginePlan } from './engine/choose-engine.js';
import { stageVersions } from './stage-versions.js';
import { decisiveParameters } from './training-identity.js';

/**
 * What decides a stage's result. Two stages with equal definitions have equal outputs.
 * @typeParam Input how inputs are named: by references, or by their SHA-256
 */
export interface StageDefinition<Input> {
  readonly stage: Stage;
  /** Raised when the stage's code gives other bytes for the same input. */
  readonly version: number;
  /** The parameters that matter to this stage, and no others. */
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly inputs: Readonly<Record<string, Input>>;
}

/** What each stage makes that is kept, by name; what is published goes under names of its own. */
export const stageOutputs: Readonly<Record<Stage, readonly string[]>> = {
  download: ['ratings'],
  preprocess: ['ratingsTable'],
  window: ['windowTable'],
  train: ['weights', 'history', 'checkpoint'],
  evaluate: ['metrics'],
  publish: [],
};

/** Names what the generator of synthetic ratings gives. */
export const syntheticIdentity = 'generator-1';

/** @param identity SHA-256 of the ratings; `syntheticIdentity` for those that are made */
export function downloadDefinition(source: string, identity: string): StageDefinition<never> {
  const version = stageVersions.download;
  return { stage: 'download', version, parameters: { source, identity }, inputs: {} };
}

export function preprocessDefinition<Input>(
  { maxBadRows }: Parameters,
  inputs: { readonly ratings: Input },
): StageDefinition<Input> {
  const version = stageVersions.preprocess;
  return { stage: 'preprocess', version, parameters: { maxBadRows }, inputs };
}

export function windowDefinition<Input>(
  { sequenceLength, bingeThreshold, testSize, seed }: Parameters,
  inputs: { readonly ratingsTable: Input },
): StageDefinition<Input> {
  const parameters = { sequenceLength, bingeThreshold, testSize, seed };
  return { stage: 'window', version: stageVersions.window, parameters, inputs };
}

export interface TrainInputs<Input> {
  readonly ratingsTable: Input;
  readonly windowTable: Input;
}

/** @param plan what trains: it decides the last bits */
export function trainDefinition<Input>(
  all: Parameters,
  plan: EnginePlan,
  inputs: TrainInputs<Input>,
): StageDefinition<Input> {
  const parameters = { ...decisiveParameters(all, plan), epochs: all.epochs };
  return { stage: 'train', version: stageVersions.train, parameters, inputs: { ...inputs } };
}

export function evaluateDefinition<Input>(
  inputs: TrainInputs<Input> & { readonly weights: Input },
): StageDefinition<Input> {
  return { stage: 'evaluate', version: stageVersions.evaluate, parameters: {}, inputs: { ...inputs } };
}

/**
 * What names all that a run of this code publishes.
 * @param ratings their SHA-256
 */
export function recipeDefinition(parameters: Parameters, ratings: string) {
  return { ratings, parameters, stageVersions };
}
