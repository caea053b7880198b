import type { Parameters } from '../config.js';
import { featureCount } from '../ratings/features.js';
import type { ModelShape } from './weights.js';

/** The model that a run with these parameters trains. */
export function modelShape({ sequenceLength, lstmUnits, denseUnits }: Parameters): ModelShape {
  return { steps: sequenceLength, features: featureCount, units: lstmUnits, denseUnits };
}
