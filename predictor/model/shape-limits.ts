import { parameterDefinitions } from '../config.js';
import { InvalidWeightsError } from '../errors.js';
import { featureCount } from '../ratings/features.js';
import type { ModelShape } from './weights.js';

/**
 * Refuses a shape that no training may have: what a file claims decides how much memory is taken for it.
 * @throws InvalidWeightsError
 */
export function checkShape({ steps, features, units, denseUnits }: ModelShape): void {
  const { sequenceLength, lstmUnits, denseUnits: dense } = parameterDefinitions;
  const fits =
    [steps, units, denseUnits].every((size) => Number.isSafeInteger(size) && size >= 1) &&
    steps <= sequenceLength.maximum &&
    units <= lstmUnits.maximum &&
    denseUnits <= dense.maximum &&
    features === featureCount;
  if (fits) return;
  throw new InvalidWeightsError(
    `Expected a model of at most ${sequenceLength.maximum} steps of ${featureCount} features, ${lstmUnits.maximum} LSTM ` +
      `units and ${dense.maximum} dense units, got ${String(steps)} steps of ${String(features)} features, ` +
      `${String(units)} and ${String(denseUnits)} units`,
  );
}
