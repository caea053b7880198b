import assert from 'node:assert/strict';
import type { WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { sha256 } from '../../artifacts/content.js';
import { verifyRun } from '../../artifacts/verify.js';
import type { CompletedRun } from '../../workflows/contract.js';
import { type AfterStage, startPipeline, type TestPipeline } from '../support/pipeline.js';

const parameters = { epochs: 2, lstmUnits: 8, denseUnits: 4 };

describe('a store that somebody damages, on real servers', function () {
  this.timeout(300_000);
  let pipeline: TestPipeline;
  let expected: Record<string, string>;
  let sequence = 0;

  before(async function () {
    pipeline = await startPipeline(this);
  });
  after(() => pipeline.stop());

  const checksums = ({ artifacts }: CompletedRun) =>
    Object.fromEntries(artifacts.map(({ name, sha256 }) => [name, sha256]));
  const run = async (name: string, more = {}) =>
    (await pipeline.start(`${name}-${sequence++}`, { parameters, ...more })).result();

  /** In three ways, two of which keep the object, and one its size, too. */
  const damages: Readonly<Record<string, (key: string) => Promise<void>>> = {
    deleted: (key) => pipeline.store.delete(key),
    truncated: async (key) => {
      const bytes = (await pipeline.store.get(key))!;
      await pipeline.store.put(key, bytes.subarray(0, bytes.length - 1), 'x/y');
    },
    altered: async (key) => {
      const bytes = (await pipeline.store.get(key))!.slice();
      bytes[bytes.length >> 1]! ^= 1;
      await pipeline.store.put(key, bytes, 'x/y');
    },
  };
  const made = async (run: string) => {
    const text = new TextDecoder().decode(await pipeline.store.get(`runs/${run}/manifest.json`));
    return (JSON.parse(text) as { stages: { stage: string; outputs: Record<string, { key: string }> }[] })
      .stages;
  };

  it('holds what an undisturbed run made', async () => {
    expected = checksums(await pipeline.withWorkers(() => run('undisturbed')));
    assert.equal(Object.keys(expected).length, 10);
  });

  for (const [how, damage] of Object.entries(damages)) {
    it(`is mended by the next run where objects are ${how} between two runs, to the same model`, async () => {
      const stages = (await made('undisturbed-0')).filter(({ stage }) => stage !== 'download');
      const whole = new Map<string, Uint8Array>();
      for (const { outputs } of stages) {
        for (const { key } of Object.values(outputs)) {
          whole.set(key, (await pipeline.store.get(key))!);
          await damage(key);
        }
      }
      const result = await pipeline.withWorkers(() => run('between-runs'));
      for (const { stage, outputs } of stages) {
        const told = result.stages.find((other) => other.stage === stage);
        const names = Object.keys(outputs).map(
          (name) => `\`${name}\` is ${how === 'deleted' ? 'missing' : 'altered'}`,
        );
        assert.match(
          String(told?.reason),
          new RegExp(`^made again: of what run \\S+ made ${names.join(', ')}$`),
        );
      }
      assert.deepEqual(checksums(result), expected);
      for (const [key, bytes] of whole) assert.deepEqual(await pipeline.store.get(key), bytes);
    });
  }

  // Two in a run: its stages are gone through three times at most.
  const between = [
    { preprocess: ['ratingsTable', 'deleted'], window: ['windowTable', 'truncated'] },
    { train: ['weights', 'altered'], evaluate: ['metrics', 'truncated'] },
    { window: ['windowTable', 'altered'], train: ['history', 'deleted'] },
  ] as const;
  for (const plan of between) {
    it(`is mended by the run itself between its stages: ${JSON.stringify(plan)}`, async () => {
      const left = new Map<string, readonly [string, string]>(Object.entries(plan));
      const afterStage: AfterStage = async (stage, outputs) => {
        const [output, how] = left.get(stage) ?? [];
        left.delete(stage);
        if (output !== undefined && how !== undefined) await damages[how]!(outputs[output]!.key);
      };
      // Refreshed: a hit would prove less.
      const result = await pipeline.withWorkers(() => run('between-stages', { refresh: 'all' }), {
        afterStage,
      });
      assert.equal(left.size, 0);
      assert.deepEqual(checksums(result), expected);
      const verified = await verifyRun(pipeline.store, result.run);
      assert.deepEqual(
        verified.filter(({ state }) => state !== 'intact'),
        [],
      );
    });
  }

  it('gives an error that names the object when it is damaged again and again', async () => {
    const afterStage: AfterStage = async (stage, outputs) => {
      if (stage === 'window') await pipeline.store.delete(outputs['windowTable']!.key);
    };
    const started = await pipeline.start(`hopeless-${sequence++}`, { parameters, refresh: 'all' });
    await assert.rejects(
      pipeline.withWorkers(() => started.result(), { afterStage }),
      (error: WorkflowFailedError) => {
        const cause = error.cause?.cause as ApplicationFailure;
        assert.equal(cause.type, 'ArtifactMissingError');
        assert.match(cause.message, /objects\/sha256\//);
        return true;
      },
    );
  });

  it('gives the same bytes to runs that need the same stages at the same time, on two data workers', async () => {
    const results = await pipeline.withWorkers(
      () => Promise.all(Array.from({ length: 4 }, () => run('at-once', { refresh: 'all' }))),
      { dataProcesses: 2 },
    );
    for (const result of results) assert.deepEqual(checksums(result), expected);
    for (const { key, bytes } of await pipeline.store.list('objects/')) {
      const stored = (await pipeline.store.get(key))!;
      assert.equal(stored.length, bytes);
      assert.equal(sha256(stored), key.split('/').at(-1));
    }
  });
});
