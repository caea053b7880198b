import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { MetricMeter } from '@temporalio/common';
import { createPipelineMetrics, histogramBuckets } from '../../adapters/metrics.js';

describe("the pipeline's metrics", () => {
  const names: string[] = [];
  createPipelineMetrics({
    createCounter: (name: string) => names.push(`${name}_total`),
    createGauge: (name: string) => names.push(name),
    createHistogram: (name: string) => names.push(name),
  } as unknown as MetricMeter);

  it('are those that docs/operations.md names', () => {
    const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const documented = new Set(page.match(/streamsage_[a-z_]+/g));
    assert.deepEqual([...documented].sort(), [...names].sort());
  });

  it('have buckets of their own where they are histograms, in rising order', () => {
    for (const [name, bounds] of Object.entries(histogramBuckets)) {
      assert.ok(names.includes(name));
      assert.deepEqual(
        bounds,
        [...bounds].sort((a, b) => a - b),
      );
    }
  });
});
