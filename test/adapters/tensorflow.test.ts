import assert from 'node:assert/strict';
import { EngineUnavailableError } from '../../adapters/errors.js';
import { loadTensorflow } from '../../adapters/tensorflow.js';

describe('TensorFlow', () => {
  it('says, where it is not set up, what is missing and the line that sets it up', () => {
    assert.throws(
      () => loadTensorflow('cpu', '/nowhere/tfjs_binding.node'),
      (error: Error) =>
        error instanceof EngineUnavailableError &&
        /at \/nowhere\/tfjs_binding.node.*npm run setup:tensorflow/.test(error.message),
    );
  });
});
