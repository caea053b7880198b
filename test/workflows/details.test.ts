import assert from 'node:assert/strict';
import { stages } from '../../predictor/config.js';
import type { RunProgress } from '../../workflows/contract.js';
import { runDetails } from '../../workflows/details.js';

const waiting: RunProgress = {
  run: 'ml-100k-1',
  source: 'movielens-100k',
  stages: stages.map((stage) => ({ stage, state: 'waiting' })),
  epochs: [],
  totalEpochs: 10,
};

describe('run details for the web UI', () => {
  it('name every stage and its state', () => {
    const text = runDetails(waiting);
    for (const stage of stages) assert.match(text, new RegExp(`\\| ${stage} \\| · waiting`));
    assert.doesNotMatch(text, /artifacts get/);
  });

  it('say what trains, and why', () => {
    const plan = {
      engine: 'wasm',
      device: 'cpu',
      fastMath: false,
      runtime: 'wasm',
      reason: 'no GPU',
    } as const;
    assert.match(runDetails({ ...waiting, plan }), /Trained by `wasm` on the CPU: no GPU/);
  });

  it('say which queue has no worker, and what to type, until a worker has planned the training', () => {
    const placement = { device: 'gpu', reason: 'asked for', attended: false } as const;
    const missing =
      /\*\*Waiting\*\*: no worker polls `streamsage-train-gpu`\. Start one: .*STREAMSAGE_TRAIN_DEVICES=gpu/;
    assert.match(runDetails({ ...waiting, placement }), missing);
    assert.doesNotMatch(runDetails({ ...waiting, placement: { ...placement, attended: true } }), /Waiting/);
    const plan = { engine: 'tensorflow', device: 'gpu', fastMath: false, runtime: 'x', reason: 'y' } as const;
    assert.doesNotMatch(runDetails({ ...waiting, placement, plan }), /Waiting/);
  });

  it('say what came from the store, and how long the rest took', () => {
    const text = runDetails({
      ...waiting,
      stages: [
        { stage: 'download', state: 'done', result: 'hit', seconds: 0.02 },
        { stage: 'preprocess', state: 'done', result: 'miss', reason: 'x 1 → 2 |`y`z', seconds: 1.26 },
      ],
    });
    assert.match(text, /download \| ✓ done \(from the store\) \| 0\.0 \|/);
    assert.match(text, /preprocess \| ✓ done \| 1\.3 \| x 1 → 2 y z \|/);
  });

  it('show the latest epoch, the metrics, and how to fetch the artifacts once all is done', () => {
    const text = runDetails({
      ...waiting,
      stages: stages.map((stage) => ({ stage, state: 'done', result: 'miss', seconds: 1 })),
      epochs: [{ epoch: 10, loss: 0.08, accuracy: 0.98, valLoss: 0.075, valAccuracy: 0.983 }],
      metrics: { test: { rocAuc: 0.70312, windows: 19057, averagePrecisionStop: null } },
    });
    assert.match(text, /Epoch 10 of 10: loss 0\.08000, validation loss 0\.07500/);
    assert.match(text, /rocAuc \| 0\.7031 \|/);
    assert.match(text, /windows \| 19057 \|/);
    assert.doesNotMatch(text, /averagePrecisionStop/);
    assert.match(text, /streamsage artifacts get ml-100k-1/);
  });

  it('say what an unchanged run equals, and what it left out', () => {
    const text = runDetails({
      ...waiting,
      stages: stages.map((stage) => ({ stage, state: stage === 'download' ? 'done' : 'skipped' })),
      sameAs: 'nightly-1',
    });
    assert.match(text, /\*\*Unchanged\*\*.*`nightly-1`/);
    assert.match(text, /train \| – skipped \|/);
    assert.doesNotMatch(text, /artifacts get/);
  });

  it('say loudly when the data is synthetic, and why a run failed', () => {
    const text = runDetails({ ...waiting, source: 'synthetic' }, 'disk full');
    assert.match(text, /\*\*Synthetic data\*\*/);
    assert.match(text, /\*\*Failed\*\*: disk full/);
  });
});
