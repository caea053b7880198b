import { hasTensorflow, loadTensorflow, type LoadedTensorflow } from '../../adapters/tensorflow.js';
import { skipWithout } from './missing.js';

/** TensorFlow on the CPU, in the process of the tests; skips the test where it is not set up. */
export function requireTensorflow(context: Mocha.Context): LoadedTensorflow {
  if (!hasTensorflow()) skipWithout(context, 'the TensorFlow engine (npm run setup:tensorflow)');
  return loadTensorflow('cpu');
}
