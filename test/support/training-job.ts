import type { EnginePlan } from '../../predictor/engine/choose-engine.js';
import { wasmRuntime } from '../../workers/engines.js';
import { type Parameters, resolveParameters } from '../../predictor/config.js';
import { parseRatings } from '../../predictor/ratings/parse.js';
import { buildRatingsTable, encodeRatings } from '../../predictor/ratings/ratings-table.js';
import { syntheticRatings } from '../../predictor/ratings/synthetic.js';
import type { TrainingJob } from '../../predictor/training-job.js';
import { buildWindowTable, encodeWindows } from '../../predictor/windows/window-table.js';

let few: Uint8Array | undefined;

/** Ratings of the first twelve users of the synthetic data set, as `u.data`. */
export function fewRatings(): Uint8Array {
  few ??= firstUsers(12);
  return few;
}

function firstUsers(users: number): Uint8Array {
  const lines = new TextDecoder().decode(syntheticRatings()).split('\n');
  return new TextEncoder().encode(
    lines.filter((line) => line !== '' && Number(line.split('\t')[0]) <= users).join('\n'),
  );
}

/** What trains in tests. A function: the kernel may not have been built when the module is loaded. */
export function wasmPlan(fastMath = false): EnginePlan {
  return { engine: 'wasm', device: 'cpu', fastMath, reason: 'test', runtime: wasmRuntime(fastMath) };
}

/** A training of a second or less. */
export function trainingJob(given: Partial<Parameters>): TrainingJob {
  const parameters = resolveParameters({ lstmUnits: 8, denseUnits: 4, ...given });
  const ratings = buildRatingsTable(parseRatings(fewRatings()));
  return {
    ratingsTable: encodeRatings(ratings),
    windowTable: encodeWindows(buildWindowTable(ratings, parameters)),
    parameters,
    plan: wasmPlan(),
    fingerprint: 'f',
  };
}
