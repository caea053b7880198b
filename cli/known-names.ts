import type { Outcome } from '../workflows/contract.js';

/** Names that Temporal or the store knows, of which one may stand at a place of the command line. */
export type KnownNames =
  /** Runs that stand or ended so; all if none is said. */
  | { readonly of: 'runs'; readonly outcomes?: readonly Outcome[] }
  | { readonly of: 'schedules' }
  /** What a run has made; `run` may be an alias. */
  | { readonly of: 'artifacts'; readonly run: string };

type Place = (operands: readonly string[]) => KnownNames;

const anyRun: Place = () => ({ of: 'runs' });
const runs = (...outcomes: readonly Outcome[]): Place => {
  return () => ({ of: 'runs', outcomes });
};
const withArtifacts = runs('completed', 'unchanged');
const schedules: Place = () => ({ of: 'schedules' });
const artifacts: Place = ([run = '']) => ({ of: 'artifacts', run });

/** By command: its arguments in their order. */
export const argumentPlaces: Readonly<Record<string, readonly Place[]>> = {
  'runs show': [anyRun],
  'runs watch': [runs('running')],
  'runs cancel': [runs('running')],
  'runs repair': [runs('blocked', 'failed', 'cancelled')],
  'runs delete': [runs('completed')],
  'artifacts list': [withArtifacts],
  'artifacts verify': [withArtifacts],
  'artifacts get': [withArtifacts, artifacts],
  'artifacts url': [withArtifacts, artifacts],
  'schedule show': [schedules],
  'schedule pause': [schedules],
  'schedule resume': [schedules],
  'schedule trigger': [schedules],
  'schedule backfill': [schedules],
  'schedule delete': [schedules],
};

/** By command and option. */
export const optionPlaces: Readonly<Record<string, Place>> = { 'runs list --schedule': schedules };

/** @param argument which of the command's, from 0  @param operands what has been given for those before it */
export function namesOfArgument(
  command: string,
  argument: number,
  operands: readonly string[],
): KnownNames | undefined {
  return argumentPlaces[command]?.[argument]?.(operands);
}

/** @param option its long name: `--schedule` */
export function namesOfOption(command: string, option: string): KnownNames | undefined {
  return optionPlaces[`${command} ${option}`]?.([]);
}
