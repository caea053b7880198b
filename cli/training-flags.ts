import { type Command, Option } from 'commander';
import { type Parameters, type Stage, stages } from '../predictor/config.js';
import {
  failureChoices,
  type OnFailure,
  type OnUnchanged,
  repairSeconds,
  unchangedChoices,
} from '../workflows/contract.js';
import { durationOption, formatDuration } from './duration.js';
import { UsageError } from './exit-codes.js';
import { addParameterFlags, givenParameters } from './parameter-flags.js';
import { sourceOption } from './read-source.js';

/** What is trained, and how: the same words whether a run starts now or later. */
export interface TrainingOptions extends Record<string, unknown> {
  readonly source: string;
  readonly refresh?: Stage | 'all';
  readonly onUnchanged: OnUnchanged;
  readonly onFailure: OnFailure;
  /** Milliseconds. */
  readonly repairWithin?: number;
}

/** What is done where nothing is said, by what starts a run. */
interface TrainingDefaults {
  readonly onUnchanged: OnUnchanged;
  readonly onFailure: OnFailure;
}

export function addTrainingFlags(command: Command, { onUnchanged, onFailure }: TrainingDefaults): Command {
  const { default: repairDefault, minimum } = repairSeconds;
  command.addOption(sourceOption());
  return addParameterFlags(command)
    .addOption(
      new Option(
        '--refresh <stage>',
        'do this stage and those after it again, whatever the store holds',
      ).choices([...stages, 'all']),
    )
    .addOption(
      new Option(
        '--on-unchanged <what>',
        'where a run with the same data, parameters and code has been published: skip ends as `unchanged`, train goes on',
      )
        .choices(unchangedChoices)
        .default(onUnchanged),
    )
    .addOption(
      new Option(
        '--on-failure <what>',
        'where a stage fails for good: block waits for `runs repair`, fail ends the run',
      )
        .choices(failureChoices)
        .default(onFailure),
    )
    .addOption(
      durationOption(
        '--repair-within',
        `how long a blocked run waits before it ends as failed (default: ${formatDuration(repairDefault * 1000)})`,
        { minimum: minimum * 1000 },
      ),
    );
}

export interface StartOptions {
  /** As given; defaults are the workflow's. */
  readonly parameters: Partial<Parameters>;
  readonly refresh: Stage | 'all' | undefined;
  readonly onUnchanged?: OnUnchanged;
  readonly onFailure?: OnFailure;
  readonly repairWithinSeconds?: number;
}

/** @throws UsageError if a time for repairs is given to a run that will not wait for one */
export function startOptions(options: TrainingOptions): StartOptions {
  const { refresh, onUnchanged, onFailure, repairWithin } = options;
  if (onFailure === 'fail' && repairWithin !== undefined) {
    throw new UsageError(
      'Expected `--repair-within` with `--on-failure block`, got it with `--on-failure fail`, which waits for no repair',
    );
  }
  return {
    parameters: givenParameters(options),
    ...{ refresh, onUnchanged, onFailure },
    ...(repairWithin === undefined ? {} : { repairWithinSeconds: repairWithin / 1000 }),
  };
}
