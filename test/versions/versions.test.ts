import assert from 'node:assert/strict';
import h5wasm, { type Dataset, type Group } from 'h5wasm/node';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadVersions } from '../../adapters/version.js';
import { savedStates } from '../../artifacts/checkpoints.js';
import { getContent, sha256 } from '../../artifacts/content.js';
import { latestAlias, listRuns, readManifest, resolveRun } from '../../artifacts/runs.js';
import { decodeCheckpoint } from '../../predictor/model/checkpoint.js';
import { wasmRuntime } from '../../workers/engines.js';
import { ensureKernel } from '../support/kernel.js';
import { MemoryStore } from '../support/memory-store.js';
import { readRun } from './readers.js';
import { readRecorded, recordedVersions } from './recorded-store.js';
import { runStages } from './small-run.js';

const versions = await recordedVersions();

describe('recorded versions', () => {
  it('are there: the present one, too', () => {
    assert.ok(versions.includes(loadVersions().streamsage), versions.join(', '));
  });
});

for (const version of versions) {
  describe(`what version ${version} wrote`, () => {
    before(ensureKernel);

    it('is a run with its alias, manifest, artifacts and records', async () => {
      const { store, expected } = await readRecorded(version);
      assert.equal(await resolveRun(store, latestAlias), expected.run);
      assert.deepEqual(await listRuns(store), [expected.run]);
      const manifest = await readManifest(store, expected.run);
      assert.equal(manifest.versions['streamsage'], version);
      assert.equal(manifest.source.name, 'made-up.data');
      assert.equal(manifest.parameters['lstmUnits'], 8);
      assert.equal(manifest.data['windows'], expected.windows);
      for (const artifact of manifest.artifacts) {
        const published = store.objects.get(`runs/${expected.run}/${artifact.name}`);
        assert.deepEqual(published, await getContent(store, artifact), artifact.name);
      }
      const { records, ratings, windows } = await readRun(store, manifest);
      assert.ok(records.every((record) => record?.run === expected.run));
      assert.equal(windows.train.firstRow.length + windows.test.firstRow.length, expected.windows);
      assert.equal(ratings.userId.length, manifest.data['ratings']);
    });

    it('predicts what it predicted', async () => {
      const { store, expected } = await readRecorded(version);
      const { predictions } = await readRun(store, await readManifest(store, expected.run));
      const { buffer } = new Uint8Array(Buffer.from(expected.predictions, 'base64'));
      const recorded = new Float32Array(buffer);
      assert.equal(recorded.length, 20);
      const sameKernel = wasmRuntime(false) === expected.runtime;
      for (const [index, value] of recorded.entries()) {
        const got = predictions[index]!;
        assert.ok(sameKernel ? got === value : Math.abs(got - value) < 1e-6, `${index}: ${got}, ${value}`);
      }
    });

    it('can be trained on, from its end and from within an epoch', async function () {
      const { store, expected } = await readRecorded(version);
      const manifest = await readManifest(store, expected.run);
      const { checkpoint, trainTo } = await readRun(store, manifest);
      const states = await savedStates(store, checkpoint.fingerprint, 'another', 'any');
      assert.deepEqual(
        states.map(({ epoch, step }) => [epoch, step]),
        [
          [3, 0],
          [0, 3],
        ],
      );
      const [ended, interrupted] = await Promise.all(states.map((state) => state.read()));
      assert.equal(decodeCheckpoint(interrupted!).position?.steps, 3);
      const onward = sha256(await trainTo(5, ended));
      const afresh = sha256(await trainTo(3, interrupted));
      // Another kernel gives other bits; a worker then trains afresh, since the fingerprint names the kernel.
      if (wasmRuntime(false) !== expected.runtime) return;
      assert.equal(onward, expected.weightsAfterTwoMoreEpochs);
      assert.equal(
        afresh,
        manifest.stages.find(({ stage }) => stage === 'train')!.outputs['weights']!.sha256,
      );
    });

    it('holds the model for Keras and TensorFlow.js', async () => {
      const { store, expected } = await readRecorded(version);
      const { weights } = await readRun(store, await readManifest(store, expected.run));
      const kernel = Array.from(weights.lstmKernel);
      const files = (name: string) => store.objects.get(`runs/${expected.run}/${name}`)!;
      assert.deepEqual(firstValues(files('tfjs/group1-shard1of1.bin'), kernel.length), kernel);
      assert.deepEqual(await kerasKernel(files('binge_model.h5')), kernel);
    });
  });
}

describe('the present version', () => {
  before(ensureKernel);

  // Red: a format or a result changed. Raise the stage's version, or the format's; then, until this version is released,
  // record it anew (test/versions/record.ts). One that is released stays as it is: the next one begins.
  it('still writes what it has recorded of itself', async () => {
    const { streamsage } = loadVersions();
    const { store: recorded, expected } = await readRecorded(streamsage);
    if (wasmRuntime(false) !== expected.runtime) assert.fail('The kernel is not the recorded one');
    const store = new MemoryStore();
    await runStages(store, { streamsage });
    const keysOf = ({ objects }: MemoryStore) =>
      [...objects.keys()].filter((key) => /^(records|trainings)\/[^/]+\//.test(key)).sort();
    assert.deepEqual(keysOf(store), keysOf(recorded));
    const models = ['binge_model.h5', 'tfjs/model.json', 'tfjs/group1-shard1of1.bin'];
    const told = ['history.json', 'metrics.json'];
    const digestsOf = async (of: MemoryStore) =>
      (await readManifest(of, expected.run)).artifacts
        .filter(({ name }) => [...models, ...told].includes(name))
        .map(({ name, sha256 }) => [name, sha256]);
    assert.deepEqual(await digestsOf(store), await digestsOf(recorded));
  });
});

function firstValues(bytes: Uint8Array, count: number): number[] {
  return Array.from(new Float32Array(Uint8Array.from(bytes).buffer, 0, count));
}

async function kerasKernel(bytes: Uint8Array): Promise<number[]> {
  await h5wasm.ready;
  const folder = mkdtempSync(join(tmpdir(), 'streamsage-h5-'));
  const path = join(folder, 'model.h5');
  writeFileSync(path, bytes);
  const file = new h5wasm.File(path, 'r');
  try {
    const found = datasetsOf(file.get('model_weights') as Group).find(({ path }) =>
      /lstm.*\/kernel(:0)?$/.test(path),
    );
    return Array.from(found!.value as Float32Array);
  } finally {
    file.close();
    rmSync(folder, { recursive: true });
  }
}

function datasetsOf(group: Group): Dataset[] {
  return group.keys().flatMap((name) => {
    const child = group.get(name);
    return child !== null && 'keys' in child ? datasetsOf(child) : [child as Dataset];
  });
}
