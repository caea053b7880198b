import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import type { CompletedRun } from '../../workflows/contract.js';
import { childrenOf, digests, type FaultRig, smallTraining, startFaultRig } from '../support/fault-rig.js';

const oneEpoch = { ...smallTraining, epochs: 1 };
const many = 50;

describe('fifty runs of one epoch at once', function () {
  this.timeout(480_000);
  let rig: FaultRig;
  before(async function () {
    rig = await startFaultRig(this);
  });
  after(() => rig.stop());

  it('all end with the artifacts of one that was alone, and leave no process or file', async () => {
    const workers = [
      await rig.worker('data-worker'),
      await rig.worker('train-worker'),
      await rig.worker('train-worker'),
    ];
    const alone = digests(await rig.run({ parameters: oneEpoch }));
    const started = Date.now();
    const handles = await Promise.all(
      Array.from({ length: many }, () => rig.start({ parameters: oneEpoch })),
    );
    const runs = (await Promise.all(handles.map((handle) => handle.result()))) as CompletedRun[];
    console.log(`      ${runs.length} runs in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    assert.equal(new Set(runs.map(({ run }) => run)).size, many);
    for (const run of runs) assert.deepEqual(digests(run), alone, run.run);
    // Each did its own work: none was answered with what another had made.
    for (const { run, stages } of runs) {
      assert.deepEqual(new Set(stages.map(({ result }) => result)), new Set(['miss']), run);
    }
    for (const worker of workers) {
      assert.deepEqual(await childrenOf(worker.pid), []);
      assert.deepEqual(await readdir(worker.temporary), []);
    }
  });
});
