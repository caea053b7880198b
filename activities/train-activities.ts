import { observeAttempt, stageObserver } from './observe.js';
import { type Machine, planTraining, type PlanRequest } from './plan-training.js';
import type { Telemetry } from './telemetry.js';
import { train, type TrainDependencies, type TrainRequest } from './train.js';

export interface TrainingWorkerDependencies extends Omit<TrainDependencies, 'tell'> {
  readonly machine: Machine;
  readonly telemetry: Telemetry;
}

/** What needs a training worker. */
export function createTrainActivities({ machine, telemetry, ...dependencies }: TrainingWorkerDependencies) {
  const observed = stageObserver(dependencies.store, telemetry);
  return {
    planTraining: (request: PlanRequest) =>
      observeAttempt(telemetry, request.run, 'train', (tell) => planTraining(machine, request, tell)),
    train: observed('train', (store, request: TrainRequest, tell) =>
      train({ ...dependencies, store, tell }, request),
    ),
  };
}

export type TrainActivities = ReturnType<typeof createTrainActivities>;
