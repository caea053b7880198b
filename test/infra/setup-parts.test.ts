import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInstalled } from '../../infra/dependencies.js';
import { isNewEnough } from '../../infra/go.js';
import { withLock } from '../../infra/lock.js';
import { checksumOf, findProgram, isConfigured } from '../../infra/servers.js';
import { addCounts, formatCounts, isGreen } from '../../infra/test-counts.js';

describe('dependencies', () => {
  const locked = { '': { version: '1' }, a: { version: '1.0.0' }, b: { version: '2.0.0', optional: true } };

  it('are installed when every one is there in its version; those of other platforms may be missing', () => {
    assert.ok(isInstalled(locked, { a: { version: '1.0.0' } }));
    assert.ok(isInstalled(locked, { a: { version: '1.0.0' }, b: { version: '2.0.0' } }));
    assert.ok(!isInstalled(locked, { a: { version: '1.0.1' } }));
    assert.ok(!isInstalled(locked, { b: { version: '2.0.0' } }));
    assert.ok(!isInstalled(locked, { a: { version: '1.0.0' }, b: { version: '1.0.0' } }));
  });
});

describe('server programs', () => {
  it('are taken from an explicit path, which must exist', () => {
    assert.equal(findProgram('minio', { MINIO_PROGRAM: process.execPath }), process.execPath);
    assert.throws(
      () => findProgram('minio', { MINIO_PROGRAM: '/nowhere/minio' }),
      /MINIO_PROGRAM=\/nowhere\/minio/,
    );
  });

  it('are not needed where the environment names a server', () => {
    assert.ok(isConfigured('temporal', { TEMPORAL_ADDRESS: 'x:1' }));
    assert.ok(!isConfigured('temporal', { AWS_ENDPOINT_URL_S3: 'http://x' }));
    assert.ok(isConfigured('minio', { AWS_ENDPOINT_URL_S3: 'http://x' }));
  });

  it('are checked against the line of their own name', () => {
    const lines = 'aa  other.tar.gz\nbb  temporal.tar.gz\ncc *starred.tar.gz\n';
    assert.equal(checksumOf(lines, 'temporal.tar.gz'), 'bb');
    assert.equal(checksumOf(lines, 'starred.tar.gz'), 'cc');
    assert.equal(checksumOf(lines, 'oral.tar.gz'), undefined);
  });

  it('are built with a Go that is new enough', () => {
    assert.ok(isNewEnough('go1.26.8\n'));
    assert.ok(isNewEnough('go1.25'));
    assert.ok(!isNewEnough('go1.24.9'));
    assert.ok(!isNewEnough(''));
  });
});

describe('a lock', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'streamsage-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets one in after the other', async () => {
    const lock = join(folder, 'lock');
    const events: string[] = [];
    const visit = (name: string) =>
      withLock(lock, async () => {
        events.push(`${name} in`);
        await new Promise((resolve) => setTimeout(resolve, 30));
        events.push(`${name} out`);
      });
    await Promise.all([visit('a'), visit('b')]);
    assert.deepEqual(
      events.map((event) => event.slice(2)),
      ['in', 'out', 'in', 'out'],
    );
  });

  it('is taken over from a process that is dead', async () => {
    const lock = join(folder, 'lock');
    mkdirSync(lock);
    writeFileSync(join(lock, 'pid'), '999999999');
    assert.equal(await withLock(lock, () => Promise.resolve('in')), 'in');
  });

  it('is free again after an error', async () => {
    const lock = join(folder, 'lock');
    await assert.rejects(
      withLock(lock, () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await withLock(lock, () => Promise.resolve('in')), 'in');
  });
});

describe('counts of tests', () => {
  const some = { passed: 3, failed: 0, skipped: 1, unexplained: 0 };

  it('add up', () => {
    assert.equal(formatCounts(addCounts([some, { ...some, failed: 2 }])), '6 passed, 2 failed, 2 skipped');
  });

  it('are green when something ran, nothing failed, and nothing was skipped without need', () => {
    assert.ok(isGreen(some, true));
    assert.ok(!isGreen({ ...some, failed: 1 }, false));
    assert.ok(!isGreen({ ...some, passed: 0 }, false));
    assert.ok(!isGreen({ ...some, unexplained: 1 }, true));
    assert.ok(isGreen({ ...some, unexplained: 1 }, false));
  });
});
