import { z } from 'zod';
import { sha256 } from './content.js';
import { StaleAttemptError } from './errors.js';
import { parseJson, putJson } from './json.js';
import { checkRunName, checkTrainingName } from './names.js';
import type { ObjectStore } from './object-store.js';
import { type ArtifactReference, referenceSchema } from './reference.js';

// checkpoints/<training>/<run>/<epoch>-<step>-<sha256>   the last few of a run that has not been published
// checkpoints/<training>/<run>/owner.json                the attempt that may write them
// trainings/<training>/<epoch>.json                      where the state after a finished training lies
//
// A training is named by all that decides its weights but the number of epochs: any run may go on from any of these.

/** How far a training is: epochs done, and steps into the next. */
export interface TrainingPosition {
  readonly epoch: number;
  readonly step: number;
}

export interface SavedState extends TrainingPosition {
  /** @returns the bytes; undefined if they are gone, or not those they are named for */
  read(): Promise<Uint8Array | undefined>;
}

/** What the attempt that trains does with its checkpoints. */
export interface CheckpointWriter {
  /**
   * Saves a state, whole or not at all, and drops all earlier ones but the one before: if this one is damaged, that
   * costs the way from there, not the training.
   * @throws StaleAttemptError if a newer attempt has taken over
   */
  save(at: TrainingPosition, bytes: Uint8Array): Promise<void>;
}

const ownerSchema = z.object({ token: z.number() });
const ownerName = 'owner.json';

/**
 * Takes over a run's checkpoints: from now on attempts with a smaller token cannot write them.
 * @param token grows from attempt to attempt (the time an attempt was scheduled at, by the Temporal server's clock: after
 *   that was set back, attempts wait until it has caught up)
 * @throws StaleAttemptError if a newer attempt has taken over already
 */
export async function claimCheckpoints(
  store: ObjectStore,
  training: string,
  run: string,
  token: number,
): Promise<CheckpointWriter> {
  const folder = runFolder(training, run);
  const stale = (owner: number | undefined) =>
    new StaleAttemptError(
      `${owner === undefined ? 'No attempt' : `Another attempt (${owner})`} trains ${run} now: this one (${token}) ` +
        'writes nothing more',
    );
  const before = await readOwner(store, folder);
  if (before !== undefined && before > token) throw stale(before);
  await putJson(store, folder + ownerName, { token });
  return {
    async save(at, bytes) {
      // None at all: the run has been published, and its checkpoints are gone.
      const owner = await readOwner(store, folder);
      if (owner !== token) throw stale(owner);
      const position = nameOf(at);
      const key = `${folder}${position}-${sha256(bytes)}`;
      await store.put(key, bytes, 'application/octet-stream');
      const earlier = (await store.list(folder)).filter(
        (other) => parseName(other.key) && other.key < folder + position,
      );
      for (const other of earlier.slice(0, -1)) await store.delete(other.key);
    },
  };
}

async function readOwner(store: ObjectStore, folder: string): Promise<number | undefined> {
  const bytes = await store.get(folder + ownerName);
  return bytes && parseJson(ownerSchema, bytes)?.token;
}

/**
 * States that a training can go on from, the furthest first.
 * @param scope `run`: what this run has saved; `any`: also what other runs of the same training have left or finished
 */
export async function savedStates(
  store: ObjectStore,
  training: string,
  run: string,
  scope: 'run' | 'any',
): Promise<SavedState[]> {
  const folder = scope === 'run' ? runFolder(training, run) : trainingFolder(training);
  const found: SavedState[] = [];
  for (const { key } of await store.list(folder)) {
    const parsed = parseName(key);
    if (!parsed) continue;
    const { digest, ...at } = parsed;
    found.push({
      ...at,
      async read() {
        // Whoever wrote it may have dropped it since.
        const bytes = await store.get(key);
        return bytes && sha256(bytes) === digest ? bytes : undefined;
      },
    });
  }
  if (scope === 'any') found.push(...(await finishedStates(store, training)));
  return found.sort((a, b) => b.epoch - a.epoch || b.step - a.step);
}

/**
 * The furthest state that does not go beyond so many epochs.
 * @param states the furthest first
 * @param decode gives nothing for bytes that cannot be gone on from
 */
export async function furthestState<Decoded>(
  states: readonly SavedState[],
  epochs: number,
  decode: (bytes: Uint8Array) => Decoded | undefined,
): Promise<
  { readonly at: TrainingPosition; readonly bytes: Uint8Array; readonly decoded: Decoded } | undefined
> {
  for (const state of states) {
    if (state.epoch > epochs || (state.epoch === epochs && state.step > 0)) continue;
    const bytes = await state.read();
    const decoded = bytes && decode(bytes);
    if (decoded !== undefined) return { at: state, bytes: bytes!, decoded };
  }
  return undefined;
}

/** Says where the state after a training's last epoch lies, for a run of more epochs to go on from. */
export async function recordFinishedTraining(
  store: ObjectStore,
  training: string,
  epoch: number,
  checkpoint: ArtifactReference,
): Promise<void> {
  await putJson(store, `${finishedFolder(training)}${pad(epoch, 8)}.json`, checkpoint);
}

async function finishedStates(store: ObjectStore, training: string): Promise<SavedState[]> {
  const found: SavedState[] = [];
  for (const { key } of await store.list(finishedFolder(training))) {
    const [, epoch] = /\/(\d{8})\.json$/.exec(key) ?? [];
    if (epoch === undefined) continue;
    found.push({
      epoch: Number(epoch),
      step: 0,
      async read() {
        const record = await store.get(key);
        const reference = record && parseJson(referenceSchema, record);
        const bytes = reference && (await store.get(reference.key));
        return bytes && sha256(bytes) === reference.sha256 ? bytes : undefined;
      },
    });
  }
  return found;
}

/** Drops what a run has saved on its way. */
export async function deleteCheckpoints(store: ObjectStore, training: string, run: string): Promise<void> {
  for (const { key } of await store.list(runFolder(training, run))) await store.delete(key);
}

function nameOf({ epoch, step }: TrainingPosition): string {
  return `${pad(epoch, 8)}-${pad(step, 10)}`;
}

function parseName(key: string): (TrainingPosition & { readonly digest: string }) | undefined {
  const [, epoch, step, digest] = /\/(\d{8})-(\d{10})-([0-9a-f]{64})$/.exec(key) ?? [];
  if (epoch === undefined || step === undefined || digest === undefined) return undefined;
  return { epoch: Number(epoch), step: Number(step), digest };
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

function trainingFolder(training: string): string {
  checkTrainingName(training);
  return `checkpoints/${training}/`;
}

function finishedFolder(training: string): string {
  checkTrainingName(training);
  return `trainings/${training}/`;
}

/** Whether this key says who may write a run's checkpoints. */
export function isOwnerKey(key: string): boolean {
  return key.startsWith('checkpoints/') && key.endsWith(`/${ownerName}`);
}

function runFolder(training: string, run: string): string {
  checkRunName(run);
  return `${trainingFolder(training)}${run}/`;
}
