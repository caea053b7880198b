import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { sha256 } from './content.js';
import { CollectionLostError, StoreBeingCleanedError } from './errors.js';
import { parseJson, putJson } from './json.js';
import type { ObjectStore } from './object-store.js';

// collecting.json   says that garbage is being collected, or when that was done last
//
// How a collection and the stages keep out of each other's way: docs/decisions/0009-collecting.md. No two machines'
// clocks are compared: whoever waits watches for the next beat with a clock of its own.

const markerKey = 'collecting.json';

const markerSchema = z.object({
  /** Names the collection. */
  token: z.string(),
  /** Grows while the collection lives. */
  beat: z.number(),
  /** Milliseconds without a beat after which the collection counts as dead. */
  leaseMs: z.number().positive().max(3_600_000),
  done: z.boolean(),
});

type Marker = z.infer<typeof markerSchema>;

export interface CollectionTiming {
  /** Milliseconds without a sign of life after which others go on. */
  readonly leaseMs: number;
  /** Milliseconds between the marker and the first look: a run that has started meanwhile can be seen by then. */
  readonly momentMs: number;
}

export const usualTiming: CollectionTiming = { leaseMs: 15_000, momentMs: 3000 };

/** Milliseconds that a stage waits for a collection before it gives up for this attempt. */
const usualPatienceMs = 300_000;

/**
 * Runs what trusts or writes the store; again, if garbage was collected meanwhile: then what it relied on may be gone.
 * The step must be one that may be done twice.
 * @throws StoreBeingCleanedError if a collection takes longer than five minutes
 */
export async function undisturbed<Result>(
  store: ObjectStore,
  step: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  for (;;) {
    const before = await storeAtRest(store, signal);
    const result = await step();
    const after = await readMarker(store);
    if (after.done && after.token === before) return result;
  }
}

/**
 * Waits while garbage is being collected.
 * @returns the name of the last collection; another one later: there has been one in between
 * @throws StoreBeingCleanedError, or the signal's reason
 */
export async function storeAtRest(
  store: ObjectStore,
  signal?: AbortSignal,
  patienceMs = usualPatienceMs,
): Promise<string> {
  const started = performance.now();
  let seen = await readMarker(store);
  let since = started;
  while (!seen.done) {
    if (performance.now() - started > patienceMs) {
      throw new StoreBeingCleanedError(
        'Garbage is being collected in the store (`npx --no-install streamsage artifacts gc`): this is tried again when that is over',
      );
    }
    await pause(Math.min(1000, seen.leaseMs / 5), signal);
    const next = await readMarker(store);
    if (next.token !== seen.token || next.beat !== seen.beat) since = performance.now();
    else if (!next.done && performance.now() - since >= next.leaseMs) {
      // It was killed. Said once, so that nobody waits for it again.
      await writeMarker(store, { ...next, done: true });
      return next.token;
    }
    seen = next;
  }
  return seen.token;
}

/** A collection that goes on. */
export interface Collection {
  /** The time by the store's clock when it began. */
  readonly began: Date;
  /** Before each removal. @throws CollectionLostError if others may believe that this collection is over */
  check(): void;
  /** Lets the stages go on. */
  end(): Promise<void>;
}

/**
 * Says that garbage is being collected, and waits a moment. Stages that begin from now on wait; those that have begun
 * look again when they end.
 * @throws StoreBeingCleanedError if another collection is going on
 */
export async function beginCollection(
  store: ObjectStore,
  { leaseMs, momentMs }: CollectionTiming = usualTiming,
): Promise<Collection> {
  await storeAtRest(store, undefined, 3 * leaseMs).catch((error: unknown) => {
    if (!(error instanceof StoreBeingCleanedError)) throw error;
    throw new StoreBeingCleanedError(
      'Another `npx --no-install streamsage artifacts gc` is going on. Wait until it has ended',
    );
  });
  const token = randomBytes(8).toString('hex');
  let beat = 0;
  let aliveAt = performance.now();
  let lost: string | undefined;
  await writeMarker(store, { token, beat, leaseMs, done: false });
  const [stored] = await store.list(markerKey);
  const beatOnce = async () => {
    // From before it is asked for: an answer that took long proves nothing about now.
    const asked = performance.now();
    try {
      const marker = await readMarker(store);
      if (marker.token !== token || marker.done)
        lost = 'another one has begun, or a stage took this one for dead';
      else {
        await writeMarker(store, { token, beat: ++beat, leaseMs, done: false });
        aliveAt = asked;
      }
    } catch {
      // The next beat may get through; check() says when that is too late.
    }
  };
  let beating = Promise.resolve();
  const timer = setInterval(() => {
    beating = beating.then(beatOnce);
  }, leaseMs / 8);
  const check = () => {
    if (lost === undefined && performance.now() - aliveAt > leaseMs / 3)
      lost = 'the store did not answer in time';
    if (lost !== undefined) {
      throw new CollectionLostError(
        `The collection was given up: ${lost}. Nothing more is removed; run it again`,
      );
    }
  };
  const end = async () => {
    clearInterval(timer);
    await beating;
    if (lost !== undefined) return;
    const marker = await readMarker(store);
    if (marker.token === token) await writeMarker(store, { token, beat, leaseMs, done: true });
  };
  try {
    await pause(momentMs);
    await (beating = beating.then(beatOnce));
    check();
  } catch (error) {
    await end();
    throw error;
  }
  return { began: stored?.modified ?? new Date(), check, end };
}

/** What lies there and cannot be read is a collection that is over, named by its bytes. */
async function readMarker(store: ObjectStore): Promise<Marker> {
  const bytes = await store.get(markerKey);
  if (!bytes) return { token: '', beat: 0, leaseMs: 1, done: true };
  return parseJson(markerSchema, bytes) ?? { token: sha256(bytes), beat: 0, leaseMs: 1, done: true };
}

function writeMarker(store: ObjectStore, marker: Marker): Promise<void> {
  return putJson(store, markerKey, marker);
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const end = () => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', end, { once: true });
  });
}
