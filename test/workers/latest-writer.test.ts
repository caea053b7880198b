import assert from 'node:assert/strict';
import { LatestWriter } from '../../workers/latest-writer.js';

describe('writing the latest state', () => {
  it('writes one at a time, and of those that waited the newest alone', async () => {
    const written: number[] = [];
    const finish: (() => void)[] = [];
    const writer = new LatestWriter<number>((state) => {
      written.push(state);
      return new Promise((resolve) => finish.push(resolve));
    });
    const turns = () => new Promise((resolve) => setImmediate(resolve));
    for (const state of [1, 2, 3]) void writer.put(state);
    assert.deepEqual(written, [1]);
    let settled = false;
    void writer.settled().then(() => (settled = true));
    finish[0]!();
    await turns();
    assert.deepEqual([written, settled], [[1, 3], false]);
    finish[1]!();
    await turns();
    assert.ok(settled);
    void writer.put(4);
    finish[2]!();
    await writer.settled();
    assert.deepEqual(written, [1, 3, 4]);
  });

  it('fails with the write that fails, and writes nothing more', async () => {
    const written: number[] = [];
    const writer = new LatestWriter<number>((state) => {
      written.push(state);
      return Promise.reject(new Error('disk full'));
    });
    await assert.rejects(writer.put(1), /disk full/);
    await assert.rejects(writer.put(2), /disk full/);
    await assert.rejects(writer.settled(), /disk full/);
    assert.deepEqual(written, [1]);
  });
});
