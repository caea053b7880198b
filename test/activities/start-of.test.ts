import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { type Start, startedBy, startOf } from '../../activities/start-of.js';
import { noteBackfill, noteTrigger } from '../../artifacts/requested-starts.js';
import { publishRun } from '../../artifacts/runs.js';
import { manifestOf } from '../support/manifest.js';
import { MemoryStore } from '../support/memory-store.js';

const schedule = { name: 'nightly', time: '2026-11-25T02:00:00Z' };
const onTime = { schedule, startedAt: '2026-11-25T02:00:01Z', since: '2026-11-20T12:00:00Z' };
const backfill = {
  from: '2026-11-24T00:00:00Z',
  to: '2026-11-25T02:00:00Z',
  askedAt: '2026-11-26T09:00:00Z',
};
const none = { triggered: false, backfills: [] };

describe('what started a run that came through a schedule', () => {
  it('is the schedule, on time or late', () => {
    assert.equal(startedBy(onTime, none), 'schedule');
    assert.equal(startedBy({ ...onTime, startedAt: '2026-11-26T08:00:00Z' }, none), 'schedule');
    assert.equal(startedBy({ schedule, startedAt: onTime.startedAt }, none), 'schedule');
  });

  it('is a hand, where one asked for a run under its time', () => {
    assert.equal(startedBy(onTime, { triggered: true, backfills: [backfill] }), 'hand');
  });

  it('is a backfill, where a range was asked for that holds its time', () => {
    const late = { ...onTime, startedAt: '2026-11-26T09:00:05Z' };
    assert.equal(startedBy(late, { triggered: false, backfills: [backfill] }), 'backfill');
    for (const other of [
      { ...backfill, from: '2026-11-25T02:00:01Z', to: '2026-11-25T03:00:00Z' },
      { ...backfill, to: '2026-11-25T01:59:59Z' },
    ]) {
      assert.equal(startedBy(late, { triggered: false, backfills: [other] }), 'schedule');
    }
  });

  it('is not a backfill that was asked for only after it had started', () => {
    assert.equal(startedBy(onTime, { triggered: false, backfills: [backfill] }), 'schedule');
    const slowClock = { ...backfill, askedAt: '2026-11-25T02:00:31Z' };
    assert.equal(startedBy(onTime, { triggered: false, backfills: [slowClock] }), 'backfill');
  });

  it('is a backfill, whoever asked, where it was due before there was the schedule', () => {
    assert.equal(startedBy({ ...onTime, since: '2026-11-25T02:01:01Z' }, none), 'backfill');
    assert.equal(startedBy({ ...onTime, since: '2026-11-25T02:00:30Z' }, none), 'schedule');
  });

  it('is read from the store, with whether a run of that name has been published', async () => {
    const store = new MemoryStore();
    const ask = (time: string) => {
      const request = { ...onTime, run: `nightly-${time}`, schedule: { name: 'nightly', time } };
      return new MockActivityEnvironment().run<[], Start, () => Promise<Start>>(() =>
        startOf(store, request),
      );
    };
    await noteTrigger(store, 'nightly', '2026-11-25T02:00:07Z');
    await noteBackfill(store, 'nightly', { ...backfill, askedAt: '2026-11-25T01:00:00Z' });
    await publishRun(store, await manifestOf(store, 'nightly-2026-11-24T02:00:00Z', { 'a.txt': 'A' }));
    assert.deepEqual(await ask('2026-11-25T02:00:07Z'), { startedBy: 'hand', isPublished: false });
    assert.deepEqual(await ask('2026-11-24T02:00:00Z'), { startedBy: 'backfill', isPublished: true });
    assert.deepEqual(await ask('2026-11-26T02:00:00Z'), { startedBy: 'schedule', isPublished: false });
  });

  it('is the schedule where its name is none of ours', async () => {
    const request = { ...onTime, run: 'x', schedule: { name: 'über/nacht', time: schedule.time } };
    const start = await new MockActivityEnvironment().run(() => startOf(new MemoryStore(), request));
    assert.deepEqual(start, { startedBy: 'schedule', isPublished: false });
  });
});
