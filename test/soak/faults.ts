import { collectGarbage } from '../../artifacts/collect.js';
import { askTemporal } from '../../cli/outside-needs.js';
import { type FaultName, pick, type PlannedFault } from './plan.js';
import { signal, type World } from './world.js';

/** Runs that are open now, and what must not be touched. */
export interface Target {
  readonly openRuns: readonly string[];
  /** The data that the runs are given: whoever destroys those has destroyed what no stage can make again. */
  readonly inputs: ReadonlySet<string>;
}

type Inject = (world: World, fault: PlannedFault, target: Target) => unknown;

/** Longer than a heartbeat's timeout: the server believes that who is silent for so long is dead. */
const deadMs = 12_000;

const damage = (
  prefix: string,
  change: (bytes: Uint8Array, which: number) => Uint8Array | undefined,
): Inject => {
  return async ({ store }, { which }, { inputs }) => {
    const objects = (await store.list(prefix)).filter(({ key }) => !inputs.has(key));
    const key = pick(objects, which)?.key;
    const bytes = key === undefined ? undefined : await store.get(key);
    if (key === undefined || !bytes) return;
    const changed = change(bytes, which);
    if (changed) await store.put(key, changed, 'application/octet-stream');
    else await store.delete(key);
  };
};
const truncated = (bytes: Uint8Array, which: number) => bytes.slice(0, Math.floor(bytes.length * which));
const altered = (bytes: Uint8Array, which: number) => {
  const copy = bytes.slice();
  const place = Math.floor(copy.length * which);
  if (place < copy.length) copy[place] = copy[place]! ^ 1;
  return copy;
};
const one = (workers: World['dataWorkers'], which: number) => pick(workers, which)!;

export const faults: Readonly<Record<FaultName, Inject>> = {
  'kill data worker': ({ dataWorkers }, { which }) => one(dataWorkers, which).kill(),
  'kill training worker': ({ trainWorkers }, { which }) => one(trainWorkers, which).kill(),
  'kill training child': async (world, { which }) => {
    const child = pick(await world.trainingChildren(), which);
    if (child !== undefined) signal(child, 'SIGKILL');
  },
  'drain data worker': ({ dataWorkers }, { which }) => one(dataWorkers, which).drain(),
  'drain training worker': ({ trainWorkers }, { which }) => one(trainWorkers, which).drain(),
  'suspend data worker': ({ dataWorkers }, { which }) => one(dataWorkers, which).suspend(deadMs),
  'suspend training worker': ({ trainWorkers }, { which }) => one(trainWorkers, which).suspend(deadMs),
  'suspend training child': async (world, { which }) => {
    const child = pick(await world.trainingChildren(), which);
    // Nobody wakes it up: it is found and replaced, or the run would never end.
    if (child !== undefined) signal(child, 'SIGSTOP');
  },
  'restart Temporal': ({ temporal }, { lastsMs }) => temporal.kill(lastsMs),
  'restart MinIO': ({ minio }, { lastsMs }) => minio.kill(lastsMs),
  'store answers 503': ({ proxy }, { lastsMs }) => {
    proxy.refuse(lastsMs);
  },
  'store is slow': ({ proxy }, { lastsMs }) => {
    proxy.slowDown(lastsMs);
  },
  'cut connections': ({ proxy }) => {
    proxy.cut();
  },
  'cut an upload': ({ proxy }) => {
    proxy.cutNextUpload();
  },
  'delete an artifact': damage('objects/', () => undefined),
  'truncate an artifact': damage('objects/', truncated),
  'alter an artifact': damage('objects/', altered),
  'alter a checkpoint': damage('checkpoints/', altered),
  'delete a record': damage('records/', () => undefined),
  'cancel a run': async ({ client }, { which }, { openRuns }) => {
    const run = pick(openRuns, which);
    if (run !== undefined) await client.workflow.getHandle(run).cancel();
  },
  'collect garbage': ({ store, client }) => collectGarbage(store, () => askTemporal(client), { graceMs: 0 }),
};
