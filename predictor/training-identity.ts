import type { Parameters } from './config.js';
import { sha256 } from './digest.js';
import type { EnginePlan } from './engine/choose-engine.js';

/** Raised when training gives other bytes for the same data and parameters. */
export const trainingVersion = 3;

/** What decides the weights after a given epoch, beside the data: all that training takes but the number of epochs. */
export function decisiveParameters(
  all: Parameters,
  { engine, device, fastMath, runtime }: EnginePlan,
): Readonly<Record<string, number | string>> {
  const { batchSize, lstmUnits, dropout, denseUnits, learningRate, seed, patience, clipNorm } = all;
  const { learningRateSchedule, decayEpochs, stopWeight, bingeWeight } = all;
  const schedule = learningRateSchedule === 'constant' ? {} : { learningRateSchedule, decayEpochs };
  return {
    ...{ batchSize, lstmUnits, dropout, denseUnits, learningRate, seed, patience, clipNorm, ...schedule },
    ...{ stopWeight, bingeWeight, engine, device, fastMath: Number(fastMath), runtime },
  };
}

/**
 * Names everything that decides the weights after a given epoch: data, code, parameters, engine, kind of machine. A
 * checkpoint carries it.
 * @param parameters what `decisiveParameters` gives
 * @param tables SHA-256 of the two Arrow tables
 * @returns SHA-256 of all that as JSON with sorted names
 */
export function trainingFingerprint(
  parameters: Readonly<Record<string, number | string>>,
  tables: { readonly ratingsTable: string; readonly windowTable: string },
): string {
  const sorted = (record: Readonly<Record<string, number | string>>) =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  const canonical = JSON.stringify(['train', trainingVersion, sorted(parameters), sorted(tables)]);
  return sha256(canonical);
}
