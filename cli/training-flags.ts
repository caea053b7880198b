import { type Command, Option } from 'commander';
import { type Parameters, type Stage, stages } from '../predictor/config.js';
import type { OnUnchanged } from '../workflows/contract.js';
import { addParameterFlags, givenParameters } from './parameter-flags.js';
import { sourceOption } from './read-source.js';

/** What is trained, and how: the same words whether a run starts now or later. */
export interface TrainingOptions extends Record<string, unknown> {
  readonly source: string;
  readonly refresh?: Stage | 'all';
  readonly onUnchanged: OnUnchanged;
}

/** @param onUnchanged the default of `--on-unchanged` */
export function addTrainingFlags(command: Command, onUnchanged: OnUnchanged): Command {
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
        .choices(['skip', 'train'])
        .default(onUnchanged),
    );
}

export interface StartOptions {
  /** As given; defaults are the workflow's. */
  readonly parameters: Partial<Parameters>;
  readonly refresh: Stage | 'all' | undefined;
  readonly onUnchanged?: OnUnchanged;
}

export function startOptions(options: TrainingOptions): StartOptions {
  const { refresh, onUnchanged } = options;
  return { parameters: givenParameters(options), refresh, onUnchanged };
}
