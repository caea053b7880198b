import { type Command, Option } from 'commander';
import { type Parameters, type Stage, stages } from '../predictor/config.js';
import {
  failureChoices,
  type OnFailure,
  type OnUnchanged,
  repairSeconds,
  unchangedChoices,
} from '../workflows/contract.js';
import { formatDuration, parseDuration } from './duration.js';
import { addParameterFlags, givenParameters } from './parameter-flags.js';
import { sourceOption } from './read-source.js';

/** What is trained, and how: the same words whether a run starts now or later. */
export interface TrainingOptions extends Record<string, unknown> {
  readonly source: string;
  readonly refresh?: Stage | 'all';
  readonly onUnchanged: OnUnchanged;
  readonly onFailure: OnFailure;
  /** Milliseconds. */
  readonly repairWithin: number;
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
        'where a run with the same data, parameters and code has been published: skip ends as `unchanged`',
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
      new Option('--repair-within <duration>', 'how long a blocked run waits before it ends as failed')
        .argParser((text) => parseDuration('--repair-within', text, minimum * 1000))
        .default(repairDefault * 1000, formatDuration(repairDefault * 1000)),
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

export function startOptions(options: TrainingOptions): StartOptions {
  const { refresh, onUnchanged, onFailure, repairWithin } = options;
  return {
    parameters: givenParameters(options),
    ...{ refresh, onUnchanged, onFailure, repairWithinSeconds: repairWithin / 1000 },
  };
}
