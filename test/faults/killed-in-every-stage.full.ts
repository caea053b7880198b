import assert from 'node:assert/strict';
import type { CompletedRun } from '../../workflows/contract.js';
import { digests, type FaultRig, startFaultRig } from '../support/fault-rig.js';

/** The write that ends each stage's work, the last stage first; the training worker's is `train`. */
const lastWrites = {
  publish: /^PUT \/streamsage\/runs\/.*\/manifest\.json/,
  evaluate: /^PUT \/streamsage\/records\/evaluate\//,
  train: /^PUT \/streamsage\/records\/train\//,
  window: /^PUT \/streamsage\/records\/window\//,
  preprocess: /^PUT \/streamsage\/records\/preprocess\//,
  download: /^PUT \/streamsage\/records\/download\//,
} as const;

describe('workers that are killed in the middle of each stage', function () {
  this.timeout(120_000);
  let rig: FaultRig;
  before(async function () {
    rig = await startFaultRig(this);
  });
  after(() => rig.stop());

  const startWorkers = () => Promise.all([rig.worker('data-worker'), rig.worker('train-worker')]);

  it('cost nothing but time: six runs, each killed in another stage, give the same artifacts', async () => {
    await startWorkers();
    const undisturbed = digests(await rig.run());
    const handles = [];
    for (const [stage, which] of Object.entries(lastWrites)) {
      const hang = rig.proxy.inject('hang upload', which);
      const handle = await rig.start();
      handles.push(handle);
      await hang.met;
      const { raw } = await handle.describe();
      assert.equal(raw.pendingActivities?.[0]?.activityType?.name, stage);
    }
    await rig.killWorkers();
    await startWorkers();
    for (const handle of handles) {
      const result = (await handle.result()) as CompletedRun;
      assert.deepEqual(digests(result), undisturbed);
      const { events } = await handle.fetchHistory();
      const tries = events!.map(({ activityTaskStartedEventAttributes: event }) => event?.attempt ?? 0);
      assert.ok(Math.max(...tries) > 1, `${handle.workflowId} was not disturbed`);
    }
  });
});
