import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CompletedRun } from '../../workflows/contract.js';
import { digests, type FaultRig, startFaultRig } from '../support/fault-rig.js';
import { skipWithout } from '../support/missing.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** MinIO takes nothing more when less than that is free. */
const diskMegabytes = 64;

describe('a disk that is full', function () {
  this.timeout(120_000);
  let disk: string;
  let rig: FaultRig;
  before(async function () {
    disk = await mkdtemp(join(tmpdir(), 'streamsage-disk-'));
    const mount = run('mount', ['-t', 'tmpfs', '-o', `size=${diskMegabytes}m`, 'tmpfs', disk]);
    await mount.catch(async () => {
      await rm(disk, { recursive: true });
      skipWithout(this, 'the right to mount a file system');
    });
    rig = await startFaultRig(this, disk);
    await Promise.all([rig.worker('data-worker'), rig.worker('train-worker')]);
  });
  after(async () => {
    await (rig as FaultRig | undefined)?.stop();
    await run('umount', [disk]).catch(() => undefined);
    await rm(disk, { recursive: true, force: true });
  });

  const streamsage = async (...words: string[]) => {
    const { stdout, stderr, code } = await run(
      process.execPath,
      [join(root, 'cli/streamsage.js'), ...words],
      { env: rig.environment },
    ).then(
      (done) => ({ ...done, code: 0 }),
      (error: unknown) => error as { stdout: string; stderr: string; code: number },
    );
    return { stdout, stderr, code };
  };
  /** Leaves no byte free. */
  const fill = () =>
    run('dd', ['if=/dev/zero', `of=${join(disk, 'ballast')}`, 'bs=64k']).catch(() => undefined);

  for (const stage of ['preprocess', 'train', 'publish'] as const) {
    it(`of the store, in ${stage}: the run is blocked with one error, and ends the same once there is room`, async () => {
      const undisturbed = digests(await rig.run());
      // What the stage before wrote is in; what this one writes is not.
      const before = { preprocess: 'download', train: 'window', publish: 'evaluate' }[stage];
      const slow = rig.proxy.inject('slow', new RegExp(`^PUT /streamsage/records/${before}/`));
      const handle = await rig.start({ onFailure: 'block' });
      await slow.met;
      await fill();
      const since = Date.now();
      const watched = await streamsage('runs', 'watch', handle.workflowId);
      assert.equal(watched.code, 1);
      assert.ok(Date.now() - since < 15_000, `${Date.now() - since} ms until the command ended`);
      assert.match(watched.stderr, /^streamsage: Run \S+ is blocked in \w+: .*\[StoreFullError\]/m);
      await rm(join(disk, 'ballast'));
      const mended = await streamsage('runs', 'repair', handle.workflowId, '--json');
      assert.equal(mended.code, 0, mended.stderr);
      assert.deepEqual(digests(JSON.parse(mended.stdout) as CompletedRun), undisturbed);
    });
  }
});
