import assert from 'node:assert/strict';
import {
  backfillsOf,
  forgetRequests,
  noteBackfill,
  noteTrigger,
  wasTriggered,
} from '../../artifacts/requested-starts.js';
import { MemoryStore } from '../support/memory-store.js';

const range = {
  from: '2026-11-01T00:00:00.000Z',
  to: '2026-11-02T00:00:00.000Z',
  askedAt: '2026-11-25T02:00:00.123Z',
};

describe('what is asked of a schedule', () => {
  it('is found under its name and time, and no other', async () => {
    const store = new MemoryStore();
    await noteTrigger(store, 'nightly', '2026-11-25T02:00:00Z');
    assert.equal(await wasTriggered(store, 'nightly', '2026-11-25T02:00:00Z'), true);
    assert.equal(await wasTriggered(store, 'nightly', '2026-11-25T02:00:01Z'), false);
    assert.equal(await wasTriggered(store, 'night', '2026-11-25T02:00:00Z'), false);
    await noteBackfill(store, 'nightly', range);
    await noteBackfill(store, 'nightly', range);
    assert.deepEqual(await backfillsOf(store, 'nightly'), [range, range]);
    assert.deepEqual(await backfillsOf(store, 'night'), []);
  });

  it('can be taken back', async () => {
    const store = new MemoryStore();
    await (
      await noteTrigger(store, 'nightly', '2026-11-25T02:00:00Z')
    )();
    await (
      await noteBackfill(store, 'nightly', range)
    )();
    assert.equal(store.objects.size, 0);
  });

  it('is forgotten with the schedule, and with no other', async () => {
    const store = new MemoryStore();
    for (const name of ['nightly', 'nightly-2']) {
      await noteTrigger(store, name, '2026-11-25T02:00:00Z');
      await noteBackfill(store, name, range);
    }
    await forgetRequests(store, 'nightly');
    assert.equal(await wasTriggered(store, 'nightly', '2026-11-25T02:00:00Z'), false);
    assert.deepEqual(await backfillsOf(store, 'nightly'), []);
    assert.equal((await backfillsOf(store, 'nightly-2')).length, 1);
  });

  it('is left out where it cannot be read', async () => {
    const store = new MemoryStore();
    await noteTrigger(store, 'nightly', '2026-11-25T02:00:00Z');
    await noteBackfill(store, 'nightly', range);
    for (const key of store.objects.keys())
      store.objects.set(key, new TextEncoder().encode('{"from":"long ago"}'));
    assert.equal(await wasTriggered(store, 'nightly', '2026-11-25T02:00:00Z'), false);
    assert.deepEqual(await backfillsOf(store, 'nightly'), []);
  });
});
