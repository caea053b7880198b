import { sleep } from '@temporalio/workflow';
import type { TrainInput } from '../../workflows/contract.js';
import { trainBingePredictor as today } from '../../workflows/train-binge-predictor.js';

/** The workflow with one step before the first: what must not happen to runs that are open. */
export async function trainBingePredictor(input: TrainInput) {
  await sleep(1);
  return today(input);
}
