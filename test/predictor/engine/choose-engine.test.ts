import assert from 'node:assert/strict';
import { resolveParameters } from '../../../predictor/config.js';
import {
  chooseEngine,
  gpuGainsFrom,
  multiplyAddsPerStep,
  needsTensorflowState,
  type TensorflowState,
} from '../../../predictor/engine/choose-engine.js';

const notebook = { steps: 5, features: 2, units: 64, denseUnits: 32 };
const large = { ...notebook, units: 512 };
const gpu: TensorflowState = { available: true, gpu: true, runtimes: {}, reason: 'finds a GPU' };
const cpuOnly: TensorflowState = { available: true, gpu: false, runtimes: {}, reason: 'finds none' };
const missing: TensorflowState = { available: false, gpu: false, runtimes: {}, reason: 'not set up' };

function chosen(given: object, state?: TensorflowState, shape = notebook): string {
  const { engine, device, fastMath } = chooseEngine(resolveParameters({ ...given }), shape, 32, state);
  return [engine, device, ...(fastMath ? ['fast'] : [])].join(' ');
}

describe('what trains', () => {
  it("counts the notebook's step as 6.7 million multiply-adds", () => {
    // 32 windows × (3 × 4 × 64 × 256 + 2 × 5 × 2 × 256 + 3 × (64 × 32 + 32))
    assert.equal(multiplyAddsPerStep(notebook, 32), 32 * (196_608 + 5_120 + 6_240));
    assert.ok(multiplyAddsPerStep(notebook, 32) * 7 < gpuGainsFrom);
  });

  const cases: [string, object, TensorflowState | undefined, typeof notebook, string][] = [
    ['nothing asked for, no GPU', {}, undefined, notebook, 'wasm cpu'],
    ['nothing asked for, a GPU, a small step', {}, gpu, notebook, 'wasm cpu'],
    ['nothing asked for, a GPU, a large step', {}, gpu, large, 'tensorflow gpu'],
    ['nothing asked for, a GPU, TensorFlow not set up', {}, missing, large, 'wasm cpu'],
    ['nothing asked for, TensorFlow without a GPU', {}, cpuOnly, large, 'wasm cpu'],
    ['the CPU, whatever is there', { device: 'cpu' }, gpu, large, 'wasm cpu'],
    ['the WebAssembly engine', { engine: 'wasm' }, gpu, large, 'wasm cpu'],
    ['fast math', { fastMath: true }, gpu, large, 'wasm cpu fast'],
    ['TensorFlow, a GPU there', { engine: 'tensorflow' }, gpu, notebook, 'tensorflow gpu'],
    ['TensorFlow, no GPU there', { engine: 'tensorflow' }, cpuOnly, notebook, 'tensorflow cpu'],
    ['TensorFlow on the CPU', { engine: 'tensorflow', device: 'cpu' }, gpu, large, 'tensorflow cpu'],
    ['the GPU', { device: 'gpu' }, gpu, notebook, 'tensorflow gpu'],
  ];
  for (const [name, given, state, shape, expected] of cases) {
    it(`${name}: ${expected}`, () => {
      assert.equal(chosen(given, state, shape), expected);
    });
  }

  it('refuses what was asked for and is not there, saying what is missing', () => {
    const refused = (given: object, state: TensorflowState | undefined, message: RegExp) =>
      assert.throws(() => chosen(given, state), { name: 'EngineUnavailableError', message });
    refused({ engine: 'tensorflow' }, missing, /--engine tensorflow asks: not set up/);
    refused({ device: 'gpu' }, missing, /--device gpu asks: not set up/);
    refused({ device: 'gpu' }, cpuOnly, /GPU .*--device gpu asks: finds none/);
    refused({ engine: 'tensorflow', device: 'gpu' }, cpuOnly, /--device gpu/);
  });

  it('loads TensorFlow only where its answer matters', () => {
    const needs = (given: object, driver: boolean, shape = large) =>
      needsTensorflowState(resolveParameters({ ...given }), shape, 32, driver);
    assert.deepEqual(
      [{}, { engine: 'wasm' }, { device: 'cpu' }, { fastMath: true }].map((given) => needs(given, true)),
      [true, false, false, false],
    );
    assert.deepEqual(
      [{}, { engine: 'tensorflow' }, { device: 'gpu' }].map((given) => needs(given, false)),
      [false, true, true],
    );
    assert.equal(needs({}, true, notebook), false);
    assert.equal(needs({ device: 'gpu' }, true, notebook), true);
  });
});
