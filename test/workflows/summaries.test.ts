import assert from 'node:assert/strict';
import fc from 'fast-check';
import { resolveParameters } from '../../predictor/config.js';
import type { Source } from '../../workflows/contract.js';
import * as summaries from '../../workflows/summaries.js';

const parameters = resolveParameters();
const plan = { engine: 'wasm', device: 'cpu', fastMath: false, runtime: 'r', reason: 'x' } as const;
const outcome = { result: 'miss', key: 'k', seconds: 1, outputs: {}, facts: { test: 19_057 } } as const;

describe('summaries of activities', () => {
  it('say what each is about', () => {
    assert.equal(summaries.downloadSummary({ kind: 'synthetic' }), 'synthetic ratings');
    assert.equal(summaries.windowSummary(parameters), '5 ratings each · a binge within 7,200 s');
    assert.equal(summaries.planSummary(parameters), 'engine auto · device auto');
    assert.equal(summaries.trainSummary(parameters, plan), '10 epochs · wasm on the CPU');
    assert.equal(summaries.evaluateSummary(outcome), '19,057 test windows');
    assert.equal(summaries.publishSummary('ml-100k-1'), 'runs/ml-100k-1/');
  });

  it("fit into the server's 400 bytes as JSON, on one line, without markup, whatever a file is called", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.constant('🎬'.repeat(200))),
        (name) => {
          const source: Source = { kind: 'uploaded', name, ratings: { key: 'k', sha256: '0', bytes: 1 } };
          const summary = summaries.downloadSummary(source);
          assert.ok(Buffer.byteLength(JSON.stringify(summary)) < 350);
          assert.doesNotMatch(summary, /[\p{C}\p{Zl}\p{Zp}`*_[\]<>|]/u);
        },
      ),
    );
  });
});
