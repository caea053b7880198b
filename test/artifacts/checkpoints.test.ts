import assert from 'node:assert/strict';
import {
  claimCheckpoints,
  deleteCheckpoints,
  recordFinishedTraining,
  savedStates,
} from '../../artifacts/checkpoints.js';
import { putContent } from '../../artifacts/content.js';
import { InvalidArtifactNameError, StaleAttemptError } from '../../artifacts/errors.js';
import { MemoryStore } from '../support/memory-store.js';

const training = 'a'.repeat(64);
const other = 'b'.repeat(64);

async function save(store: MemoryStore, run: string, epoch: number, step: number, byte = epoch) {
  const writer = await claimCheckpoints(store, training, run, 1);
  await writer.save({ epoch, step }, Uint8Array.of(byte));
}
/** `epoch.step:bytes` of all that can be gone on from. */
async function found(store: MemoryStore, run: string, scope: 'run' | 'any' = 'run', of = training) {
  const states = await savedStates(store, of, run, scope);
  return Promise.all(
    states.map(async (state) => `${state.epoch}.${state.step}:${String(await state.read())}`),
  );
}

describe('checkpoints of a training', () => {
  it('are none at first', async () => {
    assert.deepEqual(await found(new MemoryStore(), 'run', 'any'), []);
  });

  it('are found from the furthest on, and the last two are kept', async () => {
    const store = new MemoryStore();
    for (const epoch of [8, 9, 10, 11]) await save(store, 'run', epoch, 0);
    await save(store, 'run', 11, 1200);
    assert.deepEqual(await found(store, 'run'), ['11.1200:11', '11.0:11']);
  });

  it('that are damaged are told from those that are not', async () => {
    const store = new MemoryStore();
    await save(store, 'run', 1, 0);
    await save(store, 'run', 2, 0);
    const last = [...store.objects.keys()]
      .filter((key) => !key.endsWith('.json'))
      .sort()
      .at(-1)!;
    store.objects.set(last, Uint8Array.of(3));
    assert.deepEqual(await found(store, 'run'), ['2.0:undefined', '1.0:1']);
    store.objects.delete(last);
    assert.deepEqual(await found(store, 'run'), ['1.0:1']);
  });

  it('are kept, whatever later ones this training could not go on from', async () => {
    const store = new MemoryStore();
    for (const epoch of [7, 8]) await save(store, 'run', epoch, 0);
    for (const epoch of [1, 2, 3]) await save(store, 'run', epoch, 0, 100 + epoch);
    assert.deepEqual(await found(store, 'run'), ['8.0:8', '7.0:7', '3.0:103', '2.0:102']);
  });

  it('whose names are not of this form are passed over, and left alone', async () => {
    const store = new MemoryStore();
    const names = ['99999999', 'zzz', '00000009-abc', '00000000-0000000000-abc'];
    for (const name of names) store.objects.set(`checkpoints/${training}/run/${name}`, Uint8Array.of(9));
    for (const epoch of [1, 2, 3]) await save(store, 'run', epoch, 0);
    assert.deepEqual(await found(store, 'run'), ['3.0:3', '2.0:2']);
    for (const name of names) assert.ok(store.objects.has(`checkpoints/${training}/run/${name}`));
  });

  it('are written by the newest attempt only', async () => {
    const store = new MemoryStore();
    const first = await claimCheckpoints(store, training, 'run', 10);
    await first.save({ epoch: 1, step: 0 }, Uint8Array.of(1));
    const second = await claimCheckpoints(store, training, 'run', 20);
    await assert.rejects(first.save({ epoch: 2, step: 0 }, Uint8Array.of(2)), StaleAttemptError);
    await assert.rejects(claimCheckpoints(store, training, 'run', 19), /Another attempt \(20\) trains run/);
    await second.save({ epoch: 3, step: 0 }, Uint8Array.of(3));
    await (await claimCheckpoints(store, training, 'run-2', 5)).save({ epoch: 1, step: 0 }, Uint8Array.of(5));
    assert.deepEqual(await found(store, 'run'), ['3.0:3', '1.0:1']);
  });

  it('are not written any more once they were dropped', async () => {
    const store = new MemoryStore();
    const writer = await claimCheckpoints(store, training, 'run', 10);
    await deleteCheckpoints(store, training, 'run');
    await assert.rejects(writer.save({ epoch: 1, step: 0 }, Uint8Array.of(1)), /No attempt trains run/);
    assert.equal(store.objects.size, 0);
  });

  it('can be written whatever lies where the owner is named', async () => {
    const store = new MemoryStore();
    for (const text of ['{', '{"token":"x"}', '[]']) {
      store.objects.set(`checkpoints/${training}/run/owner.json`, new TextEncoder().encode(text));
      await save(store, 'run', 1, 0);
    }
    assert.deepEqual(await found(store, 'run'), ['1.0:1']);
  });

  it('are shared by the runs of one training, and by no other', async () => {
    const store = new MemoryStore();
    await save(store, 'run', 1, 0);
    await save(store, 'run-2', 5, 7);
    assert.deepEqual(await found(store, 'run'), ['1.0:1']);
    assert.deepEqual(await found(store, 'run-3', 'any'), ['5.7:5', '1.0:1']);
    assert.deepEqual(await found(store, 'run-3', 'any', other), []);
    await deleteCheckpoints(store, training, 'run');
    assert.deepEqual(await found(store, 'run-3', 'any'), ['5.7:5']);
  });

  it('end with a record of where the last state lies', async () => {
    const store = new MemoryStore();
    const reference = await putContent(store, Uint8Array.of(10), 'application/octet-stream');
    await recordFinishedTraining(store, training, 10, reference);
    assert.deepEqual(await found(store, 'run', 'any'), ['10.0:10']);
    assert.deepEqual(await found(store, 'run', 'run'), []);
    store.objects.set(reference.key, Uint8Array.of(11));
    assert.deepEqual(await found(store, 'run', 'any'), ['10.0:undefined']);
    const record = `trainings/${training}/00000010.json`;
    store.objects.set(record, new TextEncoder().encode('{"key":"x"}'));
    assert.deepEqual(await found(store, 'run', 'any'), ['10.0:undefined']);
  });

  it('are not written for a run or a training whose name leads elsewhere', async () => {
    const store = new MemoryStore();
    await assert.rejects(claimCheckpoints(store, training, '../objects', 1), InvalidArtifactNameError);
    await assert.rejects(claimCheckpoints(store, '../objects', 'run', 1), InvalidArtifactNameError);
    await assert.rejects(savedStates(store, 'x/../y', 'run', 'any'), InvalidArtifactNameError);
    await assert.rejects(
      recordFinishedTraining(store, '..', 1, { key: 'k', sha256: 'a'.repeat(64), bytes: 1 }),
      InvalidArtifactNameError,
    );
  });
});
