import assert from 'node:assert/strict';
import { putContent } from '../../artifacts/content.js';
import { deleteRun } from '../../artifacts/delete-run.js';
import { RunNotFoundError } from '../../artifacts/errors.js';
import { traceLineage } from '../../artifacts/lineage.js';
import type { Manifest } from '../../artifacts/manifest.js';
import { listRuns, publishRun, readAlias, writeAlias } from '../../artifacts/runs.js';
import { stageKey, stageRecordPath, writeStageRecord } from '../../artifacts/stage-record.js';
import { verifyRun } from '../../artifacts/verify.js';
import { lineageLines } from '../../cli/show-lineage.js';
import { manifestOf } from '../support/manifest.js';
import { MemoryStore } from '../support/memory-store.js';

const names = [
  ['download', 'ratings'],
  ['preprocess', 'ratingsTable'],
  ['window', 'windowTable'],
  ['train', 'weights'],
] as const;

/** A run of four stages, each of which takes what all before it made; `maker` made them. */
async function published(
  store: MemoryStore,
  run: string,
  maker = run,
  createdAt = '2026-01-02T03:04:05.000Z',
) {
  const inputs: Record<string, string> = {};
  const stages: Manifest['stages'] = [];
  for (const [stage, output] of names) {
    const reference = await putContent(store, new TextEncoder().encode(`${stage} of ${maker}`), 'x/y');
    const identity = { stage, version: 2, parameters: { seed: 1 }, inputs: { ...inputs } };
    const key = stageKey(identity);
    const outputs = { [output]: reference };
    await writeStageRecord(store, { ...identity, key, outputs, facts: { rows: 3 }, run: maker, createdAt });
    stages.push({ stage, result: 'miss', key, seconds: 1, outputs });
    inputs[output] = reference.sha256;
  }
  const manifest = {
    ...(await manifestOf(store, run, { 'binge_model.h5': `model of ${maker}` })),
    createdAt,
    stages,
  };
  await publishRun(store, manifest);
  return manifest;
}

describe('the lineage of a model', () => {
  it('goes back to the source, naming what made each part, when, from what', async () => {
    const store = new MemoryStore();
    const { stages } = await published(store, 'run-1');
    const { artifact, steps } = await traceLineage(store, 'run-1');
    assert.deepEqual([artifact.name, artifact.missing], ['binge_model.h5', false]);
    assert.deepEqual(
      steps.map(({ stage }) => stage),
      ['train', 'window', 'preprocess', 'download'],
    );
    const [train] = steps;
    assert.deepEqual(Object.keys(train!.inputs!), ['ratings', 'ratingsTable', 'windowTable']);
    assert.equal(train!.outputs['weights']!.sha256, stages[3]!.outputs['weights']!.sha256);
    const { run, stageVersion, parameters, createdAt, versions, missing } = train!;
    assert.deepEqual(
      [run, stageVersion, parameters, createdAt, versions, missing],
      ['run-1', 2, { seed: 1 }, '2026-01-02T03:04:05.000Z', { streamsage: '0.0.0' }, []],
    );
  });

  it('is drawn as a tree, each stage once in full', async () => {
    const store = new MemoryStore();
    const { stages } = await published(store, 'run-1');
    const lines = lineageLines(await traceLineage(store, 'run-1'));
    const branches = lines.filter((line) => line.includes('└─'));
    assert.deepEqual(branches, [
      '└─ train',
      '   └─ window',
      '      └─ preprocess',
      '         └─ download',
      '      └─ download (above)',
      '   └─ preprocess (above)',
      '   └─ download (above)',
    ]);
    for (const { key } of stages) assert.equal(lines.filter((line) => line.includes(key)).length, 1);
  });

  it('names what is missing, and goes on', async () => {
    const store = new MemoryStore();
    const { stages } = await published(store, 'run-1', 'other');
    store.objects.delete(stageRecordPath('window', stages[2]!.key));
    store.objects.delete(stages[0]!.outputs['ratings']!.key);
    const { steps } = await traceLineage(store, 'run-1');
    assert.deepEqual(
      steps.map(({ missing }) => missing),
      [[], ['its record'], [], ['`ratings`']],
    );
    // `other` has not been published: its code is not known.
    assert.ok(steps.every(({ versions }) => versions === undefined));
    const text = lineageLines(await traceLineage(store, 'run-1')).join('\n');
    assert.match(text, /└─ window\n.*\n.*MISSING: its record\n\s+└─ preprocess/);
    assert.match(text, /made by run other, .*code unknown/);
    await assert.rejects(traceLineage(store, 'other'), RunNotFoundError);
  });
});

describe('verifying a run', () => {
  it('names every object that it needs, and finds each that is missing or altered', async () => {
    const store = new MemoryStore();
    await published(store, 'run-1');
    const objects = await verifyRun(store, 'run-1');
    // Four records, four outputs, one artifact and its copy.
    assert.equal(objects.length, 10);
    assert.ok(objects.every(({ state }) => state === 'intact'));
    for (const { key } of objects) {
      const whole = store.objects.get(key)!;
      const altered = whole.slice();
      altered[0]! ^= 1;
      for (const [damaged, state] of [
        [undefined, 'missing'],
        [altered, 'altered'],
        [whole.subarray(1), 'altered'],
      ] as const) {
        if (damaged) store.objects.set(key, damaged);
        else store.objects.delete(key);
        const found = (await verifyRun(store, 'run-1')).filter((object) => object.state !== 'intact');
        assert.deepEqual(
          found.map((object) => [object.key, object.state]),
          [[key, state]],
        );
      }
      store.objects.set(key, whole);
    }
  });
});

describe('deleting a run', () => {
  it('takes it away under its name, and leaves what it was made from', async () => {
    const store = new MemoryStore();
    await published(store, 'run-1');
    await published(store, 'run-2');
    const { objects, aliases } = await deleteRun(store, 'run-1');
    assert.deepEqual([objects, aliases, await listRuns(store)], [2, {}, ['run-2']]);
    assert.ok((await verifyRun(store, 'run-2')).every(({ state }) => state === 'intact'));
  });

  it('leads `latest` to the newest of the others, and takes other aliases away', async () => {
    const store = new MemoryStore();
    await published(store, 'newer', 'newer', '2026-02-01T00:00:00.000Z');
    await published(store, 'older', 'older', '2026-01-01T00:00:00.000Z');
    await published(store, 'last', 'last', '2026-03-01T00:00:00.000Z');
    await writeAlias(store, 'best', 'last');
    assert.deepEqual((await deleteRun(store, 'last')).aliases, { best: undefined, latest: 'newer' });
    assert.deepEqual(
      [await readAlias(store, 'latest'), await readAlias(store, 'best')],
      ['newer', undefined],
    );
    await deleteRun(store, 'newer');
    await deleteRun(store, 'older');
    assert.equal(await readAlias(store, 'latest'), undefined);
  });
});
