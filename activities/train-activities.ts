import { train, type TrainDependencies, type TrainRequest } from './train.js';

/** The stage that needs a training worker. */
export function createTrainActivities(dependencies: TrainDependencies) {
  return {
    train: (request: TrainRequest) => train(dependencies, request),
  };
}

export type TrainActivities = ReturnType<typeof createTrainActivities>;
