import type { Parameters } from '../predictor/config.js';
import { type Machine, planTraining } from './plan-training.js';
import { train, type TrainDependencies, type TrainRequest } from './train.js';

export interface TrainingWorkerDependencies extends TrainDependencies {
  readonly machine: Machine;
}

/** What needs a training worker. */
export function createTrainActivities(dependencies: TrainingWorkerDependencies) {
  return {
    planTraining: (parameters: Parameters) => planTraining(dependencies.machine, parameters),
    train: (request: TrainRequest) => train(dependencies, request),
  };
}

export type TrainActivities = ReturnType<typeof createTrainActivities>;
