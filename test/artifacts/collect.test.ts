import assert from 'node:assert/strict';
import fc from 'fast-check';
import { claimCheckpoints, recordFinishedTraining } from '../../artifacts/checkpoints.js';
import { collectGarbage, type CollectionRequest, previewCollection } from '../../artifacts/collect.js';
import type { OutsideNeeds } from '../../artifacts/collection-plan.js';
import { objectKey, putContent, sha256 } from '../../artifacts/content.js';
import type { Manifest } from '../../artifacts/manifest.js';
import type { ArtifactReference } from '../../artifacts/reference.js';
import { publishRun, writeAlias } from '../../artifacts/runs.js';
import { stageKey, writeStageRecord } from '../../artifacts/stage-record.js';
import { manifestOf } from '../support/manifest.js';
import { MemoryStore } from '../support/memory-store.js';

const nothingOutside: OutsideNeeds = { openRuns: new Set(), content: new Set(), runs: new Set() };
const atOnce = { leaseMs: 1000, momentMs: 0 };
const everything: CollectionRequest = { graceMs: 0 };

const outside = (needs: Partial<OutsideNeeds>) => () => Promise.resolve({ ...nothingOutside, ...needs });
const collect = (store: MemoryStore, needs: Partial<OutsideNeeds> = {}, request = everything) =>
  collectGarbage(store, outside(needs), request, atOnce);
const keys = (store: MemoryStore) =>
  [...store.objects.keys()].filter((key) => key !== 'collecting.json').sort();

/** A run that has gone through one stage and was published. */
async function published(
  store: MemoryStore,
  run: string,
  text = run,
  createdAt = '2026-01-01T00:00:00.000Z',
) {
  const weights = await putContent(store, new TextEncoder().encode(`weights ${text}`), 'x/y');
  const key = await recorded(store, run, text, weights);
  const manifest: Manifest = {
    ...(await manifestOf(store, run, { 'model.h5': `model ${text}` })),
    createdAt,
    stages: [{ stage: 'train', result: 'miss', key, seconds: 1, outputs: { weights } }],
  };
  await publishRun(store, manifest);
}

async function recorded(store: MemoryStore, run: string, text: string, output: ArtifactReference) {
  const identity = { stage: 'train', version: 1, parameters: { text }, inputs: {} };
  const key = stageKey(identity);
  await writeStageRecord(store, { ...identity, key, outputs: { output }, facts: {}, run, createdAt: '2026' });
  return key;
}

describe('a collection of garbage', () => {
  it('removes nothing that a published run needs', async () => {
    const store = new MemoryStore();
    await published(store, 'a');
    await published(store, 'b');
    const before = keys(store);
    const { keptRuns, removals } = await collect(store);
    assert.deepEqual([keptRuns.length, removals], [2, []]);
    assert.deepEqual(keys(store), before);
  });

  it('removes what runs that ended left: content, records, checkpoints, half a publication', async () => {
    const store = new MemoryStore();
    await published(store, 'a');
    const before = keys(store);
    const left = await putContent(store, Uint8Array.of(1), 'x/y');
    await recorded(store, 'failed', 'failed', left);
    const training = 'c'.repeat(64);
    await (
      await claimCheckpoints(store, training, 'failed', 1)
    ).save({ epoch: 1, step: 0 }, Uint8Array.of(2));
    await recordFinishedTraining(store, training, 1, left);
    await store.put('runs/failed/model.h5', Uint8Array.of(3));
    const shown = await previewCollection(store, outside({}), everything);
    assert.equal(keys(store).length, before.length + 6);
    const { removals } = await collect(store);
    assert.deepEqual(removals, shown.removals);
    assert.deepEqual(
      removals.map(({ kind }) => kind),
      ['unpublished', 'record', 'checkpoint', 'checkpoint', 'training', 'content'],
    );
    assert.deepEqual(keys(store), before);
  });

  it('keeps beside an open run all records and what they name, its checkpoints, and what it was started with', async () => {
    const store = new MemoryStore();
    await published(store, 'old');
    await recorded(store, 'open', 'open', await putContent(store, Uint8Array.of(1), 'x/y'));
    await (
      await claimCheckpoints(store, 'c'.repeat(64), 'open', 1)
    ).save({ epoch: 1, step: 0 }, Uint8Array.of(2));
    await store.put('runs/open/model.h5', Uint8Array.of(3));
    const upload = await putContent(store, Uint8Array.of(4), 'x/y');
    const before = keys(store);
    await putContent(store, Uint8Array.of(5), 'x/y');
    const needs = { openRuns: new Set(['open']), content: new Set([upload.key]) };
    const plan = await collect(store, needs, { graceMs: 0, keepRuns: 0 });
    assert.deepEqual([plan.releasedRuns, plan.keptRuns], [[], ['old']]);
    assert.deepEqual(keys(store), before);
    const later = await collect(store, {}, everything);
    assert.equal(later.removals.length, 6);
  });

  it('lets go of older runs but not of those that an alias or a schedule needs', async () => {
    const store = new MemoryStore();
    for (const day of [1, 2, 3, 4, 5])
      await published(store, `run-${day}`, `${day}`, `2026-01-0${day}T00:00:00.000Z`);
    await writeAlias(store, 'best', 'run-1');
    const runs = new Set(['run-2']);
    const ask = (request: Partial<CollectionRequest>) =>
      previewCollection(store, outside({ runs }), { graceMs: 0, ...request });
    const publishedBefore = new Date('2026-01-04T12:00:00.000Z');
    assert.deepEqual((await ask({ keepRuns: 1 })).releasedRuns, ['run-4', 'run-3']);
    assert.deepEqual((await ask({ publishedBefore })).releasedRuns, ['run-4', 'run-3']);
    assert.deepEqual((await ask({ publishedBefore, keepRuns: 2 })).releasedRuns, ['run-3']);
    assert.deepEqual((await ask({ publishedBefore: new Date(0) })).releasedRuns, []);
    await collect(store, { runs }, { graceMs: 0, keepRuns: 2 });
    assert.ok(!keys(store).some((key) => key.includes('run-3')));
    assert.equal(keys(store).filter((key) => key.endsWith('manifest.json')).length, 4);
  });

  it('takes the manifest first of a run, the owner first of checkpoints, and shows it so', async () => {
    const store = new MemoryStore();
    await publishRun(
      store,
      await manifestOf(store, 'a', { 'model.h5': 'A', 'a/manifest.json': 'no manifest' }),
    );
    await writeAlias(store, 'latest', 'b');
    await (
      await claimCheckpoints(store, 'c'.repeat(64), 'a', 1)
    ).save({ epoch: 1, step: 0 }, Uint8Array.of(2));
    const deleted: string[] = [];
    const remove = store.delete.bind(store);
    store.delete = (key) => {
      deleted.push(key);
      return remove(key);
    };
    const { removals } = await collect(store, {}, { graceMs: 0, keepRuns: 0 });
    const start = (name: string) => (key: string) => key.startsWith(name);
    for (const order of [deleted, removals.map(({ key }) => key)]) {
      assert.deepEqual(order.filter(start('runs/')), [
        'runs/a/manifest.json',
        'runs/a/a/manifest.json',
        'runs/a/model.h5',
      ]);
      assert.match(
        order.filter(start('checkpoints/')).join(),
        /^[^,]*\/owner\.json,[^,]*\/00000001-0000000000-[^,]*$/,
      );
    }
  });

  it('spares what was written within the grace period', async () => {
    const store = new MemoryStore();
    await putContent(store, Uint8Array.of(1), 'x/y');
    assert.equal((await collect(store, {}, { graceMs: 60_000 })).removals.length, 0);
    const [key] = keys(store);
    store.modified.set(key!, new Date(Date.now() - 61_000));
    assert.equal((await collect(store, {}, { graceMs: 60_000 })).removals.length, 1);
  });

  it('leaves alone what it does not know, and what a note of another kind names', async () => {
    const store = new MemoryStore();
    const { key } = await putContent(store, Uint8Array.of(1), 'x/y');
    for (const name of ['other/file', 'objects/notes.txt', 'records/window.recent.json', 'runs/.hidden/x']) {
      await store.put(name, Uint8Array.of(1));
    }
    await store.put('sources/x.json', new TextEncoder().encode(JSON.stringify({ ratings: { key } })));
    assert.deepEqual((await collect(store)).removals, []);
  });

  it('removes nothing where a manifest or an alias cannot be read', async () => {
    for (const path of ['runs/a/manifest.json', 'aliases/latest.json']) {
      const store = new MemoryStore();
      await published(store, 'a');
      await putContent(store, Uint8Array.of(1), 'x/y');
      await store.put(path, Uint8Array.of(1));
      const before = keys(store);
      await assert.rejects(collect(store), /Expected/);
      assert.deepEqual(keys(store), before);
    }
  });

  it('of any store keeps what the kept runs need and nothing else', async () => {
    await fc.assert(fc.asyncProperty(stores, agreesWithReference), { numRuns: 200 });
  });

  it('that is cut off anywhere leaves a store without loose ends, and the next one finishes', async () => {
    await fc.assert(
      fc.asyncProperty(stores, fc.nat(40), async (graph, cutAfter) => {
        const [whole, cut] = [await build(graph), await build(graph)];
        const { needs, request } = outsideOf(graph);
        await collect(whole, needs, request);
        let left = cutAfter;
        const remove = cut.delete.bind(cut);
        cut.delete = (key) => (left-- > 0 ? remove(key) : Promise.reject(new Error('killed')));
        await collect(cut, needs, request).catch((error: unknown) => {
          assert.match(String(error), /killed/);
        });
        cut.delete = remove;
        assertNoLooseEnds(await build(graph), cut);
        await collect(cut, needs, request);
        assert.deepEqual(keys(cut), keys(whole));
      }),
      { numRuns: 100 },
    );
  });
});

/** A store: which content exists, what names which of it. Numbers stand for contents and runs. */
interface Graph {
  readonly content: readonly number[];
  readonly records: readonly { readonly id: number; readonly output: number }[];
  readonly runs: readonly {
    readonly id: number;
    readonly records: readonly number[];
    readonly artifact: number;
  }[];
  readonly halfPublished: readonly number[];
  readonly trainings: readonly { readonly epoch: number; readonly output: number }[];
  readonly checkpoints: readonly number[];
  readonly alias: number;
  readonly openRuns: readonly number[];
  readonly inputs: readonly number[];
  /** Content and records that were written a moment ago. */
  readonly young: readonly number[];
  readonly youngRecords: readonly number[];
  readonly keepRuns: number | undefined;
}

const id = fc.nat(7);
const stores: fc.Arbitrary<Graph> = fc.record({
  content: fc.uniqueArray(id),
  records: fc.uniqueArray(fc.record({ id, output: id }), { selector: (record) => record.id }),
  runs: fc.uniqueArray(fc.record({ id, records: fc.array(id, { maxLength: 3 }), artifact: id }), {
    selector: (run) => run.id,
    maxLength: 5,
  }),
  halfPublished: fc.array(fc.integer({ min: 8, max: 10 }), { maxLength: 2 }),
  trainings: fc.uniqueArray(fc.record({ epoch: id, output: id }), { selector: ({ epoch }) => epoch }),
  checkpoints: fc.uniqueArray(fc.nat(10), { maxLength: 4 }),
  alias: id,
  openRuns: fc.oneof(fc.constant([]), fc.uniqueArray(fc.nat(10), { maxLength: 2 })),
  inputs: fc.array(id, { maxLength: 2 }),
  young: fc.uniqueArray(id, { maxLength: 2 }),
  youngRecords: fc.uniqueArray(id, { maxLength: 2 }),
  keepRuns: fc.option(fc.nat(4), { nil: undefined }),
});

const textOf = (content: number) => new TextEncoder().encode(`content ${content}`);
const training = 'd'.repeat(64);

async function build(graph: Graph): Promise<MemoryStore> {
  const store = new MemoryStore();
  const scratch = new MemoryStore();
  const reference = (content: number) => putContent(scratch, textOf(content), 'x/y');
  for (const content of graph.content) await putContent(store, textOf(content), 'x/y');
  const recordKeys = new Map<number, string>();
  for (const record of [0, 1, 2, 3, 4, 5, 6, 7]) {
    recordKeys.set(record, await recorded(scratch, 'r', `${record}`, await reference(record)));
  }
  for (const record of graph.records)
    await recorded(store, 'r', `${record.id}`, await reference(record.output));
  for (const run of graph.runs) {
    const stages = [];
    for (const record of run.records) {
      const output = graph.records.find((other) => other.id === record)?.output ?? record;
      const outputs = { output: await reference(output) };
      stages.push({
        stage: 'train',
        result: 'hit' as const,
        key: recordKeys.get(record)!,
        seconds: 1,
        outputs,
      });
    }
    const artifact = {
      name: 'model.h5',
      contentType: 'x/y',
      ...(await putContent(store, textOf(run.artifact), 'x/y')),
    };
    const base = await manifestOf(scratch, `run-${run.id}`, {});
    const createdAt = `2026-01-0${run.id + 1}T00:00:00.000Z`;
    await publishRun(store, { ...base, createdAt, stages, artifacts: [artifact] });
  }
  for (const run of graph.halfPublished) await store.put(`runs/run-${run}/model.h5`, textOf(0));
  for (const { epoch, output } of graph.trainings) {
    await recordFinishedTraining(store, training, epoch, await reference(output));
  }
  for (const run of graph.checkpoints) {
    await (await claimCheckpoints(store, training, `run-${run}`, 1)).save({ epoch: 1, step: 0 }, textOf(run));
  }
  await writeAlias(store, 'latest', `run-${graph.alias}`);
  for (const key of store.objects.keys()) store.modified.set(key, new Date(0));
  for (const content of graph.young) {
    const { key } = await reference(content);
    if (store.objects.has(key)) store.modified.set(key, new Date());
  }
  for (const record of graph.youngRecords) {
    const key = `records/train/${recordKeys.get(record)!}.json`;
    if (store.objects.has(key)) store.modified.set(key, new Date());
  }
  return store;
}

function outsideOf(graph: Graph): { needs: OutsideNeeds; request: CollectionRequest } {
  const inputs = graph.inputs.map((input) => keyOf(input));
  return {
    needs: {
      openRuns: new Set(graph.openRuns.map((run) => `run-${run}`)),
      content: new Set(inputs),
      runs: new Set(),
    },
    request: { graceMs: 60_000, ...(graph.keepRuns === undefined ? {} : { keepRuns: graph.keepRuns }) },
  };
}

function keyOf(content: number): string {
  return objectKey(sha256(textOf(content)));
}

/**
 * Mark and sweep, as one would say it: what may stay by itself is marked, then whatever a marked text names, until
 * nothing is added.
 */
function reference(store: MemoryStore, graph: Graph): string[] {
  const { needs, request } = outsideOf(graph);
  const all = keys(store);
  const young = (key: string) => store.modified.get(key)!.getTime() > 0;
  const text = (key: string) => new TextDecoder().decode(store.objects.get(key));
  const open = (run: string) => needs.openRuns.has(run);
  const newestFirst = [...graph.runs].map((run) => run.id).sort((a, b) => b - a);
  const kept = newestFirst
    .filter((run, index) => {
      const within = request.keepRuns === undefined || index < request.keepRuns;
      return within || run === graph.alias || needs.openRuns.size > 0;
    })
    .map((run) => `run-${run}`);
  const stays = (key: string) => {
    const [folder, first, second] = key.split('/') as [string, string, string];
    if (folder === 'aliases') return true;
    if (folder === 'runs')
      return kept.includes(first) || (open(first) && !newestFirst.includes(Number(first.slice(4))));
    if (folder === 'records') return needs.openRuns.size > 0 || young(key);
    if (folder === 'checkpoints') return open(second);
    return folder === 'objects' && (young(key) || needs.content.has(key));
  };
  const marked = new Set(all.filter(stays));
  for (let before = -1; before !== marked.size;) {
    before = marked.size;
    for (const key of [...marked]) {
      if (!store.objects.has(key)) continue;
      for (const named of text(key).match(/objects\/sha256\/[0-9a-f/]+/g) ?? []) marked.add(named);
      for (const [, record] of text(key).matchAll(/"key": "([0-9a-f]{64})"/g))
        marked.add(`records/train/${record!}.json`);
    }
  }
  const left = all.filter((key) => marked.has(key));
  const named = (key: string) => (JSON.parse(text(key)) as { key: string }).key;
  const trainings = all.filter((key) => key.startsWith('trainings/') && left.includes(named(key)));
  return [...left, ...trainings].sort();
}

async function agreesWithReference(graph: Graph): Promise<void> {
  const store = await build(graph);
  const expected = reference(store, graph);
  const { needs, request } = outsideOf(graph);
  await collect(store, needs, request);
  assert.deepEqual(keys(store), expected);
}

/** What a manifest or record that is still there names is there, if it ever was. */
function assertNoLooseEnds(before: MemoryStore, after: MemoryStore): void {
  for (const [key, bytes] of after.objects) {
    if (!/^(runs\/.*manifest\.json|records\/)/.test(key)) continue;
    for (const named of new TextDecoder().decode(bytes).match(/objects\/sha256\/[0-9a-f/]+/g) ?? []) {
      assert.equal(after.objects.has(named), before.objects.has(named), `${key} names ${named}`);
    }
  }
}
