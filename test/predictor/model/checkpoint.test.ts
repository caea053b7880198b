import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InvalidWeightsError } from '../../../predictor/errors.js';
import {
  decodeCheckpoint,
  decodeWeights,
  encodeCheckpoint,
  encodeWeights,
} from '../../../predictor/model/checkpoint.js';
import { initialState, initialWeights } from '../../../predictor/model/initialise.js';
import { decodeTensors, encodeTensors } from '../../../predictor/model/safetensors.js';

const shape = { steps: 3, features: 2, units: 5, denseUnits: 3 };
const state = initialState(shape, 7);
const checkpoint = {
  shape,
  state: { ...state, betaPowers: [0.1 + 0.2, 1 / 3] as const, step: 12 },
  epoch: 1,
  history: [{ epoch: 1, loss: 0.1, accuracy: 0.9, valLoss: 1 / 3, valAccuracy: 0.8 }],
  fingerprint: 'f',
};

describe('weights as a file', () => {
  it('come back bit for bit, with what is said of them', () => {
    const { weights } = state;
    assert.deepEqual(decodeWeights(encodeWeights(shape, weights, { source: 'x' })).weights, weights);
    assert.equal(decodeWeights(encodeWeights(shape, weights, { source: 'x' })).metadata['source'], 'x');
  });
});

describe('a checkpoint', () => {
  it('comes back bit for bit', () => {
    assert.deepEqual(decodeCheckpoint(encodeCheckpoint(checkpoint)), checkpoint);
    assert.deepEqual(
      encodeCheckpoint(decodeCheckpoint(encodeCheckpoint(checkpoint))),
      encodeCheckpoint(checkpoint),
    );
  });

  it('keeps values that are no ordinary numbers', () => {
    const odd = Float32Array.of(-0, 1e-45, Infinity, NaN, 3.4e38);
    const file = encodeTensors({ tensors: { odd: { shape: [5], values: odd } }, metadata: {} });
    const back = decodeTensors('x', file).tensors['odd']!.values;
    assert.deepEqual(new Uint32Array(back.buffer), new Uint32Array(odd.buffer));
  });

  it('is refused when it is cut anywhere', () => {
    const bytes = encodeCheckpoint(checkpoint);
    for (let length = 0; length < bytes.length; length += 101) {
      assert.throws(() => decodeCheckpoint(bytes.subarray(0, length)), InvalidWeightsError);
    }
  });

  it('is refused when any byte of its values is altered', () => {
    const bytes = encodeCheckpoint(checkpoint);
    const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    fc.assert(
      fc.property(
        fc.integer({ min: header, max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          const altered = bytes.slice();
          altered[at]! ^= flip;
          assert.throws(() => decodeCheckpoint(altered), /truncated or altered/);
        },
      ),
    );
  });

  it('is refused when what it says of the training is altered', () => {
    const text = Buffer.from(encodeCheckpoint(checkpoint)).toString('latin1');
    for (const [from, to] of [
      ['"step":"12"', '"step":"13"'],
      ['"epoch":"1"', '"epoch":"2"'],
      ['"fingerprint":"f"', '"fingerprint":"g"'],
      ['\\"valAccuracy\\":0.8', '\\"valAccuracy\\":0.9'],
      ['\\"steps\\":3', '\\"steps\\":4'],
    ] as const) {
      assert.ok(text.includes(from), from);
      assert.throws(() => decodeCheckpoint(Buffer.from(text.replace(from, to), 'latin1')), /it was altered/);
    }
  });

  it('is refused when its history is not that of its epochs', () => {
    const [first] = checkpoint.history;
    for (const history of [[], [first!, first!], [{ ...first!, epoch: 2 }]]) {
      assert.throws(
        () => decodeCheckpoint(encodeCheckpoint({ ...checkpoint, history })),
        InvalidWeightsError,
      );
    }
  });

  it('is read from a Buffer as from any bytes', () => {
    assert.deepEqual(decodeCheckpoint(Buffer.from(encodeCheckpoint(checkpoint))), checkpoint);
  });

  it('is refused as anything else, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        assert.throws(() => decodeCheckpoint(bytes), InvalidWeightsError);
      }),
    );
    assert.throws(() => decodeCheckpoint(encodeWeights(shape, state.weights)), InvalidWeightsError);
  });
});

describe('initial weights', () => {
  const { lstmKernel, lstmRecurrentKernel, lstmBias, denseBias } = initialWeights(
    { steps: 5, features: 2, units: 64, denseUnits: 32 },
    42,
  );

  it("fill Keras's range for the LSTM's kernel, evenly", () => {
    const limit = Math.sqrt(6 / (2 + 256));
    assert.ok(lstmKernel.every((value) => Math.abs(value) <= limit));
    assert.ok(Math.max(...lstmKernel) > 0.98 * limit && Math.min(...lstmKernel) < -0.98 * limit);
  });

  it('have orthonormal rows in the recurrent kernel', () => {
    for (const [a, b] of [
      [0, 0],
      [5, 5],
      [0, 1],
      [3, 60],
    ] as const) {
      let product = 0;
      for (let column = 0; column < 256; column++) {
        product += lstmRecurrentKernel[a * 256 + column]! * lstmRecurrentKernel[b * 256 + column]!;
      }
      assert.ok(Math.abs(product - (a === b ? 1 : 0)) < 1e-6);
    }
  });

  it('open the forget gate, and leave the other biases at 0', () => {
    assert.deepEqual([lstmBias[63], lstmBias[64], lstmBias[127], lstmBias[128]], [0, 1, 1, 0]);
    assert.ok(denseBias.every((value) => value === 0));
  });

  it('are the same for the same seed, others for another', () => {
    assert.deepEqual(initialWeights(shape, 1), initialWeights(shape, 1));
    assert.notDeepEqual(initialWeights(shape, 1), initialWeights(shape, 2));
  });
});
