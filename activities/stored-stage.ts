import { Context } from '@temporalio/activity';
import type { ObjectStore } from '../artifacts/object-store.js';
import type { ArtifactReference } from '../artifacts/reference.js';
import { undisturbed } from '../artifacts/collecting.js';
import { explainHit, explainMiss } from '../artifacts/explain-stage.js';
import { recentStages, rememberStage } from '../artifacts/recent-stages.js';
import {
  findStageRecord,
  stageKey,
  type StageLookup,
  type StageRecord,
  writeStageRecord,
} from '../artifacts/stage-record.js';
import { type StageDefinition, stageOutputs } from '../predictor/stage-definitions.js';
import type { StageOutcome, StageProgress, StageRequest } from '../workflows/contract.js';
import { withHeartbeat } from './heartbeat.js';

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
  definition: StageDefinition<ArtifactReference>,
  work: StageWork<Output>,
): Promise<StageOutcome<Output>> {
  const started = performance.now();
  const { stage } = definition;
  const seconds = () => (performance.now() - started) / 1000;
  const inputs = Object.fromEntries(
    Object.entries(definition.inputs).map(([name, reference]) => [name, reference.sha256]),
  );
  const identity = { stage, version: definition.version, parameters: definition.parameters, inputs };
  const key = stageKey(identity);
  const attemptScheduledAt = Context.current().info.currentAttemptScheduledTimestampMs;
  return withHeartbeat({ stage, done: 0, unit: 'bytes' }, async (report, signal) => {
    let made: StageOutcome<Output> | undefined;
    const step = async (): Promise<StageOutcome<Output>> => {
      const known: StageLookup =
        request.refresh && !made
          ? { state: 'none' }
          : await findStageRecord(store, stage, key, stageOutputs[stage]);
      const recent = await recentStages(store, stage);
      if (known.state === 'intact') {
        if (made) return made;
        if (!recent.some((other) => other.key === key)) await remembered(store, recent, known.record);
        return { ...hitOf<Output>(known.record, request.run), seconds: seconds() };
      }
      const reason = explainMiss({ ...identity, key }, known, recent, request.refresh);
      const product = await work((progress) => report({ ...progress, stage }), signal);
      // An attempt that Temporal has given up on writes nothing more.
      signal.throwIfAborted();
      const createdAt = new Date(attemptScheduledAt).toISOString();
      const { outputs, facts } = product;
      const record = { ...identity, key, outputs, facts, run: request.run, createdAt };
      await writeStageRecord(store, record);
      await remembered(store, recent, record);
      made = { result: 'miss', reason, key, seconds: seconds(), outputs, facts };
      return made;
    };
    return undisturbed(store, step, signal);
  });
}

function hitOf<Output extends string>(record: StageRecord, run: string) {
  return {
    result: 'hit' as const,
    reason: explainHit(record, run),
    key: record.key,
    outputs: record.outputs as Record<Output, ArtifactReference>,
    facts: record.facts,
  };
}

/** For explanations alone: whatever goes wrong with it is no reason to do a stage's work again. */
async function remembered(...parameters: Parameters<typeof rememberStage>): Promise<void> {
  await rememberStage(...parameters).catch(() => undefined);
}
