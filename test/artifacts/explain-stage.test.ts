import assert from 'node:assert/strict';
import { explainHit, explainMiss } from '../../artifacts/explain-stage.js';
import { type RecentStage, recentStages, rememberStage } from '../../artifacts/recent-stages.js';
import { stageKey } from '../../artifacts/stage-record.js';
import { MemoryStore } from '../support/memory-store.js';

const a = 'a'.repeat(64);
const b = 'b'.repeat(64);

function stage(
  run: string,
  parameters: Record<string, number | string>,
  input = a,
  version = 1,
): RecentStage {
  const identity = { stage: 'window', version, parameters, inputs: { ratingsTable: input } };
  return { ...identity, key: stageKey(identity), run, createdAt: '2026-11-24T13:44:06.000Z' };
}

describe('why a stage ran, or did not', () => {
  const first = stage('first', { seed: 42, bingeThreshold: 7200 });
  const none = { state: 'none' } as const;
  const explain = (now: RecentStage, recent: RecentStage[]) => explainMiss(now, none, recent, false);

  it('is the run that had the same inputs and parameters', () => {
    assert.equal(
      explainHit(first, 'other'),
      'same inputs and parameters as run first of 2026-11-24 13:44 UTC',
    );
    assert.equal(explainHit(first, 'first'), 'made by this run itself, at 2026-11-24 13:44 UTC');
  });

  it('is what differs from the nearest of the earlier ones, with both values', () => {
    const far = stage('far', { seed: 7, bingeThreshold: 3600 });
    const now = stage('now', { seed: 42, bingeThreshold: 3600.5 });
    assert.equal(
      explain(now, [far, first]),
      'bingeThreshold 7200 → 3600.5 (compared with run first of 2026-11-24 13:44 UTC)',
    );
  });

  it('is compared with the newest of those that are equally near', () => {
    const newer = stage('newer', { seed: 1, bingeThreshold: 7200 });
    assert.match(
      explain(stage('now', { seed: 2, bingeThreshold: 7200 }), [newer, first]),
      /seed 1 → 2 .*newer/,
    );
  });

  it('may be an input, the code, a parameter that came or went', () => {
    assert.match(
      explain(stage('now', first.parameters, b), [first]),
      /^input ratingsTable a{12}… → b{12}… \(/,
    );
    assert.match(
      explain(stage('now', first.parameters, a, 2), [first]),
      /^version of the stage's code 1 → 2 \(/,
    );
    assert.match(
      explain(stage('now', { seed: 42, clipNorm: 1 }), [first]),
      /^bingeThreshold 7200 → none, clipNorm none → 1 \(/,
    );
  });

  it('does not name more than a handful of differences, nor values without end', () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`p${index}`, index]));
    assert.match(explain(stage('now', many), [first]), /^bingeThreshold.*p4 none → 4, and 5 more \(/);
    const long = explain(stage('now', { ...first.parameters, runtime: 'x'.repeat(500) }), [first]);
    assert.ok(long.length < 200, long);
  });

  it('may be that it was asked for, that the record is damaged or gone, or that there was none', () => {
    const damaged = { state: 'damaged', damage: 'of what run r made `windowTable` is altered' } as const;
    assert.equal(explainMiss(first, damaged, [first], true), 'asked for: --refresh');
    assert.equal(
      explainMiss(first, damaged, [first], false),
      'made again: of what run r made `windowTable` is altered',
    );
    assert.match(
      explain({ ...first, run: 'now' }, [first]),
      /^the record of run first .* is not in the store any more$/,
    );
    assert.equal(explain(first, []), 'the store remembers no earlier run of this stage');
  });
});

describe('the latest identities of a stage', () => {
  it('are the last twenty, the newest first, each once', async () => {
    const store = new MemoryStore();
    for (let seed = 0; seed < 25; seed++) {
      await rememberStage(store, await recentStages(store, 'window'), stage(`run-${seed}`, { seed }));
    }
    await rememberStage(store, await recentStages(store, 'window'), stage('again', { seed: 20 }));
    const runs = (await recentStages(store, 'window')).map(({ run }) => run);
    assert.equal(runs.length, 20);
    assert.deepEqual(runs.slice(0, 3), ['again', 'run-24', 'run-23']);
    assert.ok(!runs.includes('run-20'));
    assert.deepEqual(await recentStages(store, 'train'), []);
  });

  it('count as none if they cannot be read', async () => {
    const store = new MemoryStore();
    await rememberStage(store, [], stage('run', { seed: 1 }));
    const whole = new TextDecoder().decode(store.objects.get('records/window.recent.json'));
    const tooMany = { recent: Array.from({ length: 21 }, () => stage('run', { seed: 1 })) };
    for (const text of ['', '{', '{"recent":[{}]}', whole.slice(0, -9), JSON.stringify(tooMany)]) {
      store.objects.set('records/window.recent.json', new TextEncoder().encode(text));
      assert.deepEqual(await recentStages(store, 'window'), [], text.slice(0, 40));
    }
  });
});
