import type { Parameters } from '../predictor/config.js';
import { type Device, preferredDevice } from '../predictor/engine/choose-engine.js';
import { modelShape } from '../predictor/model/model-shape.js';
import type { Placement } from '../workflows/contract.js';
import { withHeartbeat } from './heartbeat.js';

/** What is known of the workers that poll now. */
export interface Workforce {
  /** Whether a worker for this device polls its queue. */
  trainsOn(device: Device): Promise<boolean>;
}

export interface PlaceRequest {
  readonly run: string;
  readonly parameters: Parameters;
}

/**
 * Decides, once per run, for which queue the training is: what was asked for, though no worker may poll there yet; else
 * the GPU's, if there is a worker for it and it gains. An activity and no part of the workflow: the decision stays in the
 * history whatever later versions decide.
 */
export function placeTraining(workforce: Workforce, { parameters }: PlaceRequest): Promise<Placement> {
  return withHeartbeat({ stage: 'train', done: 0, unit: 'steps' }, async () => {
    const { device, reason } = preferredDevice(parameters, modelShape(parameters), parameters.batchSize);
    if (device !== 'either') return { device, reason, attended: await workforce.trainsOn(device) };
    if (await workforce.trainsOn('gpu')) return { device: 'gpu', reason, attended: true };
    const attended = await workforce.trainsOn('cpu');
    return { device: 'cpu', reason: `${reason}, and no worker offers a GPU`, attended };
  });
}
