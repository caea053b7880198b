import assert from 'node:assert/strict';
import { objectKey, putContent } from '../../artifacts/content.js';
import { encodeManifest, type Manifest } from '../../artifacts/manifest.js';
import type { ObjectStore } from '../../artifacts/object-store.js';
import { manifestKey, publishRun } from '../../artifacts/runs.js';
import { stageRecordPath } from '../../artifacts/stage-record.js';
import type { Parameters } from '../../predictor/config.js';
import { dataQueue, workflowType } from '../../workflows/contract.js';
import { type FaultRig, smallTraining, startFaultRig } from '../support/fault-rig.js';
import { manifestOf } from '../support/manifest.js';

/** Real servers and workers, and what somebody with their credentials may do to them behind StreamSage's back. */
export interface World {
  readonly rig: FaultRig;
  readonly store: ObjectStore;
  /** What tells the command line where they are. */
  readonly environment: Readonly<Record<string, string>>;
  /** Starts a run as any client may, and waits for its end. @returns how often a stage was tried */
  startRun(name: string, args: readonly unknown[]): Promise<number>;
  /** Makes a schedule that is not due, as any client may. */
  makeSchedule(name: string, args: readonly unknown[]): Promise<void>;
  /** Trains what `small` names, for there to be stages' records. */
  train(parameters: Partial<Parameters>): Promise<Manifest>;
  /** Publishes a run of one artifact, `binge_model.h5`, of bytes of its own. */
  publish(run: string, content?: string): Promise<Manifest>;
  /** Writes a manifest as it is given, whatever it says. */
  putManifest(run: string, change: (manifest: Manifest) => object | string): Promise<void>;
  /** Puts other bytes in the place of what a reference names. */
  putOther(reference: { readonly key: string }, bytes?: Uint8Array): Promise<void>;
  /** Changes what a stage's record says, and nothing of what it is found by. */
  changeRecord(
    manifest: Manifest,
    stage: string,
    change: (record: StoredRecord) => object | string,
  ): Promise<void>;
  /** Makes a stage's record name bytes of another's making, by their right digest. */
  poison(manifest: Manifest, stage: string, output: string, bytes: Uint8Array): Promise<void>;
  /** Fails if the store has something under a prefix. */
  expectNone(prefix: string): Promise<void>;
  stop(): Promise<void>;
}

export interface StoredRecord {
  readonly outputs: Readonly<
    Record<string, { readonly key: string; readonly sha256: string; readonly bytes: number }>
  >;
}

/** Words for a training like `world.train`'s. */
export const smallWords = [
  ...['--source', 'few.txt'],
  ...['--epochs', String(smallTraining.epochs)],
  ...['--lstm-units', String(smallTraining.lstmUnits)],
  ...['--dense-units', String(smallTraining.denseUnits)],
];

const encode = (text: string) => new TextEncoder().encode(text);
const asBytes = (value: object | string) => encode(typeof value === 'string' ? value : JSON.stringify(value));

export async function startWorld(context: Mocha.Context): Promise<World> {
  // What a store says is its own: the table has MinIO's words.
  const rig = await startFaultRig(context, undefined, 'minio');
  await Promise.all([rig.worker('data-worker'), rig.worker('train-worker')]);
  const { store } = rig;
  const { client } = rig.temporal;
  const given = { ...rig.environment, AWS_ENDPOINT_URL_S3: rig.s3.settings.endpoint };
  const environment = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      /^(TEMPORAL|AWS|STREAMSAGE_BUCKET)/.test(name) && value ? [[name, value]] : [],
    ),
  );
  const read = async (key: string) => {
    const bytes = await store.get(key);
    assert.ok(bytes, key);
    return JSON.parse(new TextDecoder().decode(bytes)) as never;
  };
  const recordPath = (manifest: Manifest, stage: string) =>
    stageRecordPath(stage, manifest.stages.find((other) => other.stage === stage)!.key);
  const world: World = {
    ...{ rig, store, environment },
    async startRun(name, args) {
      const start = { workflowId: name, taskQueue: dataQueue, args: [...args] };
      const handle = await client.workflow.start(workflowType, start);
      await handle.result().catch(() => undefined);
      const { events } = await handle.fetchHistory();
      return events?.filter(({ activityTaskStartedEventAttributes: begun }) => begun).length ?? 0;
    },
    async makeSchedule(name, args) {
      await client.schedule.create({
        ...{ scheduleId: name, spec: { intervals: [{ every: '365d' }] } },
        action: {
          type: 'startWorkflow',
          workflowType,
          workflowId: name,
          taskQueue: dataQueue,
          args: [...args],
        },
      });
    },
    async train(parameters) {
      const { run } = await rig.run({
        parameters: { ...smallTraining, ...parameters },
        refresh: undefined,
      } as object);
      return read(manifestKey(run));
    },
    async publish(run, content = `The model of ${run}.`) {
      const manifest = await manifestOf(store, run, { 'binge_model.h5': content });
      await publishRun(store, manifest);
      return manifest;
    },
    async putManifest(run, change) {
      const manifest = await manifestOf(store, run, { 'binge_model.h5': `The model of ${run}.` });
      await store.put(manifestKey(run), encodeManifest(manifest), 'application/json');
      await store.put(manifestKey(run), asBytes(change(manifest)), 'application/json');
    },
    async putOther({ key }, bytes) {
      const before = (await store.get(key))!;
      await store.put(key, bytes ?? before.map((byte) => byte ^ 1), 'application/octet-stream');
    },
    async changeRecord(manifest, stage, change) {
      const path = recordPath(manifest, stage);
      await store.put(path, asBytes(change(await read(path))), 'application/json');
    },
    async poison(manifest, stage, output, bytes) {
      const reference = await putContent(store, bytes, 'application/octet-stream');
      assert.equal(reference.key, objectKey(reference.sha256));
      await world.changeRecord(manifest, stage, (record) => {
        assert.ok(output in record.outputs, Object.keys(record.outputs).join());
        return { ...record, outputs: { ...record.outputs, [output]: reference } };
      });
    },
    async expectNone(prefix) {
      assert.deepEqual(await store.list(prefix), []);
    },
    stop: () => rig.stop(),
  };
  return world;
}
