import { ApplicationFailure, condition, isCancellation } from '@temporalio/workflow';
import {
  checkParameter,
  parameterDefinitions,
  type ParameterName,
  parameterNames,
  type Parameters,
  resolveParameters,
  type Stage,
  stages,
} from '../predictor/config.js';
import { type BlockedState, repairSeconds, type RepairRequest, type TrainInput } from './contract.js';
import { classOf, describeFailure } from './stage-failure.js';
import type { RunRecord } from './run-record.js';

/** Lets a run wait where a stage has failed for good, until somebody has mended it. */
export class Repairs {
  private blocked: BlockedState | undefined;
  private readonly waits: boolean;
  private readonly waitSeconds: number;

  /** @param parameters the run's; a repair changes them */
  constructor(
    { onFailure = 'fail', repairWithinSeconds = repairSeconds.default }: TrainInput,
    private parameters: Parameters,
    private readonly record: RunRecord,
  ) {
    this.waits = onFailure === 'block';
    this.waitSeconds = repairWithinSeconds;
  }

  /** As they are now. */
  current(): Parameters {
    return this.parameters;
  }

  /**
   * Does a stage, and after each repair again.
   * @throws what the stage threw, if the run does not wait, nobody came in time, or the store has lost what was made
   *   before: then it is not this stage that is to be done again
   */
  stage<Result>(stage: Stage, work: () => Promise<Result>): Promise<Result> {
    return this.again(work, (error) => (classOf(error) === 'artifact' ? undefined : stage));
  }

  /** Goes through the stages, and after a repair of what no stage could mend again from the first one. */
  stages<Result>(round: () => Promise<Result>): Promise<Result> {
    const isFirst = { value: true };
    return this.again(
      () => {
        if (!isFirst.value) this.record.startOver();
        isFirst.value = false;
        return round();
      },
      (error) => (classOf(error) === 'artifact' ? this.record.failedStage() : undefined),
    );
  }

  /** Checks a request for a repair before it is part of the run's history. @throws ApplicationFailure saying why not */
  check({ set = {} }: RepairRequest = {}): void {
    if (!this.blocked) {
      throw refusal(
        'NotBlockedError',
        'Expected a blocked run, got one that is not: there is nothing to repair',
      );
    }
    const { stage } = this.blocked;
    for (const [name, value] of Object.entries(set)) checkChange(name, value, stage);
    try {
      resolveParameters({ ...this.parameters, ...set });
    } catch (error) {
      throw refusal('InvalidParameterError', (error as Error).message);
    }
  }

  /** Lets the run go on. @returns what is tried again */
  repair({ set = {} }: RepairRequest = {}): { readonly stage: Stage; readonly set: Partial<Parameters> } {
    const { stage, type } = this.blocked!;
    const changed = set as Partial<Parameters>;
    this.parameters = resolveParameters({ ...this.parameters, ...set });
    this.blocked = undefined;
    this.record.repaired({ stage, failure: type, at: Date.now(), set: changed }, this.parameters);
    return { stage, set: changed };
  }

  /** @param blockedStage the stage at which to wait after this error; undefined: it is for somebody else */
  private async again<Result>(
    work: () => Promise<Result>,
    blockedStage: (error: unknown) => Stage | undefined,
  ): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const stage = this.waits && canBeRepaired(error) ? blockedStage(error) : undefined;
        if (stage === undefined || !(await this.isRepaired(stage, error))) throw error;
      }
    }
  }

  /** Whether somebody came in time. */
  private async isRepaired(stage: Stage, error: unknown): Promise<boolean> {
    const since = Date.now();
    const until = since + this.waitSeconds * 1000;
    this.blocked = { stage, ...describeFailure(error), class: classOf(error), since, until };
    this.record.isBlocked(this.blocked);
    let isRepaired: boolean;
    try {
      const isOver = () => this.blocked === undefined;
      isRepaired = await condition(isOver, until - since, { summary: 'is it repaired in time?' });
    } catch (cancellation) {
      this.record.wasCancelled(stage);
      throw cancellation;
    } finally {
      this.blocked = undefined;
    }
    if (!isRepaired) this.record.isNotRepaired(stage);
    return isRepaired;
  }
}

/** A run that was cancelled, or whose name is taken, is not made better by waiting. */
function canBeRepaired(error: unknown): boolean {
  return !isCancellation(error) && describeFailure(error).type !== 'RunExistsError';
}

/** @throws ApplicationFailure if the parameter is not one, or was used by a stage that is done */
function checkChange(name: string, value: unknown, blockedStage: Stage): void {
  if (!isParameterName(name)) {
    const known = parameterNames.join(', ');
    throw refusal('InvalidParameterError', `Unknown parameter \`${name}\`: expected one of ${known}`);
  }
  try {
    checkParameter(name, value);
  } catch (error) {
    throw refusal('InvalidParameterError', (error as Error).message);
  }
  const { stage } = parameterDefinitions[name];
  if (stages.indexOf(stage) >= stages.indexOf(blockedStage)) return;
  throw refusal(
    'InvalidParameterError',
    `Expected parameters of ${blockedStage} and the stages after it, got \`${name}\`, which ${stage} has used, and ` +
      `that is done: start another run with it`,
  );
}

function isParameterName(name: string): name is ParameterName {
  return Object.hasOwn(parameterDefinitions, name);
}

function refusal(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}
