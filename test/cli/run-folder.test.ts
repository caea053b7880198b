import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishRun } from '../../artifacts/runs.js';
import { fetchRun } from '../../cli/fetch-artifacts.js';
import { runLinks, scheduleLink } from '../../cli/links.js';
import type { Settings } from '../../adapters/settings.js';
import { manifestOf } from '../support/manifest.js';
import { MemoryStore } from '../support/memory-store.js';

const silent = { result: () => undefined, note: () => undefined };

describe("a schedule's run", () => {
  const run = 'nightly-2026-11-25T02:00:00Z';
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'streamsage-fetch-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is fetched into a folder without colons', async () => {
    const store = new MemoryStore();
    await publishRun(store, await manifestOf(store, run, { 'a.txt': 'A' }));
    await fetchRun(store, run, [], folder, silent);
    assert.deepEqual(await readdir(folder), ['nightly-2026-11-25T02-00-00Z']);
    await fetchRun(store, run, [], folder, silent);
  });

  it('is told of by what it has made and its manifest, which is no artifact', async () => {
    const store = new MemoryStore();
    await publishRun(store, await manifestOf(store, run, { 'a.txt': 'A', 'b.txt': 'B' }));
    const notes: string[] = [];
    const output = { ...silent, note: (line: string) => void notes.push(line) };
    for (const names of [[], ['b.txt'], ['manifest.json']]) await fetchRun(store, run, names, folder, output);
    assert.deepEqual(
      notes.map((note) => note.split(' in ')[0]),
      ['2 artifacts and manifest.json', '1 artifact', 'manifest.json'],
    );
  });

  it('never mixes with another whose folder would be the same', async () => {
    const store = new MemoryStore();
    const other = 'nightly-2026-11-25T02-00-00Z';
    await publishRun(store, await manifestOf(store, run, { 'a.txt': 'A' }));
    await publishRun(store, await manifestOf(store, other, { 'a.txt': 'B' }));
    await fetchRun(store, run, [], folder, silent);
    await assert.rejects(fetchRun(store, other, ['a.txt'], folder, silent), {
      name: 'UsageError',
      message: /got the artifacts of nightly-2026-11-25T02:00:00Z/,
    });
    assert.equal(await readFile(join(folder, other, 'a.txt'), 'utf8'), 'A');
  });

  it('is linked to by an address that is one', () => {
    const settings = {
      temporal: { ui: 'http://ui', namespace: 'default' },
      s3: { console: 'http://console', bucket: 'b' },
    } as unknown as Settings;
    assert.deepEqual(runLinks(settings, run), {
      workflow: 'http://ui/namespaces/default/workflows/nightly-2026-11-25T02%3A00%3A00Z',
      artifacts: 'http://console/browser/b/runs%2Fnightly-2026-11-25T02%3A00%3A00Z%2F',
    });
    assert.equal(scheduleLink(settings, 'nightly'), 'http://ui/namespaces/default/schedules/nightly');
    assert.equal(scheduleLink({ ...settings, temporal: {} } as Settings, 'nightly'), undefined);
  });
});
