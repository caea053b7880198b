import { Context } from '@temporalio/activity';
import type { ObjectStore } from '../artifacts/object-store.js';
import type { ArtifactReference } from '../artifacts/reference.js';
import { findStageRecord, stageKey, writeStageRecord } from '../artifacts/stage-record.js';
import type { Stage } from '../predictor/config.js';
import type { StageOutcome, StageProgress, StageRequest } from '../workflows/contract.js';
import { withHeartbeat } from './heartbeat.js';

/** What decides a stage's result. Two stages with equal definitions have equal outputs. */
export interface StageDefinition {
  readonly stage: Stage;
  /** Raised when the stage's code gives other bytes for the same input. */
  readonly version: number;
  /** The parameters that matter to this stage, and no others. */
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly inputs: Readonly<Record<string, ArtifactReference>>;
}

export interface StageProduct<Output extends string> {
  readonly outputs: Readonly<Record<Output, ArtifactReference>>;
  readonly facts: Readonly<Record<string, number | string>>;
}

/** Hands a stage its way to report progress and to hear of cancellation. */
export type StageWork<Output extends string> = (
  report: (progress: Omit<StageProgress, 'stage'>) => void,
  signal: AbortSignal,
) => Promise<StageProduct<Output>>;

/**
 * Runs a stage once: if the store holds a record of the same definition, and everything it names, the work is not done
 * again, by this run's retry or by any other run.
 */
export async function storedStage<Output extends string>(
  store: ObjectStore,
  request: StageRequest,
  definition: StageDefinition,
  work: StageWork<Output>,
): Promise<StageOutcome<Output>> {
  const started = performance.now();
  const { stage } = definition;
  const seconds = () => (performance.now() - started) / 1000;
  const inputs = Object.fromEntries(
    Object.entries(definition.inputs).map(([name, reference]) => [name, reference.sha256]),
  );
  const key = stageKey({ stage, version: definition.version, parameters: definition.parameters, inputs });
  return withHeartbeat({ stage, done: 0, unit: 'bytes' }, async (report, signal) => {
    const known = request.refresh ? undefined : await findStageRecord(store, stage, key);
    if (known) {
      return {
        result: 'hit',
        key,
        seconds: seconds(),
        outputs: known.outputs as Record<Output, ArtifactReference>,
        facts: known.facts,
      };
    }
    const product = await work((progress) => report({ ...progress, stage }), signal);
    // An attempt that Temporal has given up on writes nothing more.
    signal.throwIfAborted();
    await writeStageRecord(store, {
      stage,
      key,
      version: definition.version,
      parameters: definition.parameters,
      inputs,
      outputs: product.outputs,
      facts: product.facts,
      run: request.run,
      createdAt: new Date(Context.current().info.currentAttemptScheduledTimestampMs).toISOString(),
    });
    return { result: 'miss', key, seconds: seconds(), ...product };
  });
}
