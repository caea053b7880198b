import type { Settings } from '../adapters/settings.js';
import type { CompletedRun, Repair, ScheduledStart, StartedBy, TrainResult } from '../workflows/contract.js';
import { runFolder } from './fetch-artifacts.js';
import { compareMetrics } from '../workflows/metric-comparison.js';
import { runLinks } from './links.js';
import { alignColumns, formatBytes } from './output.js';
import { portForwardLines } from './port-forward.js';

/** A finished run for a person: metrics beside what they must beat, artifacts, links, what to type next. */
export function describeResult(result: TrainResult, settings: Settings, folder?: string): string[] {
  if (result.status === 'unchanged') {
    const place = folder ? `, in ${inFolder(folder, result.sameAs)}` : '';
    return [
      '',
      `Run ${result.run} has nothing to do: ${describeUnchanged(result.run, result.sameAs)}${place}`,
      ...(folder
        ? []
        : [`  fetch the artifacts  npx --no-install streamsage artifacts get ${result.sameAs}`]),
    ];
  }
  return describeCompleted(result, settings, folder);
}

/** Why a run ended as `unchanged`. */
export function describeUnchanged(run: string, sameAs: string): string {
  if (run === sameAs) return 'a run of this name, with these data, parameters and code, was published before';
  return `data, parameters and code are those of ${sameAs}`;
}

/** What started a run; nothing for one that does not say. */
export function describeStart(startedBy: StartedBy | undefined, schedule?: ScheduledStart): string[] {
  if (startedBy === undefined) return [];
  if (!schedule) return [`Started by ${startedBy}`];
  return [`Started by ${startedBy}, through schedule ${schedule.name} for ${schedule.time}`];
}

/** What was mended while the run went on. */
export function describeRepairs(repairs: readonly Repair[] = []): string[] {
  return repairs.map(({ stage, failure, at, set }) => {
    const time = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
    const changes = Object.entries(set).map(([name, value]) => `${name}=${value}`);
    return `Repaired in ${stage} at ${time} UTC, after ${failure}${changes.length > 0 ? `: ${changes.join(', ')}` : ''}`;
  });
}

function describeCompleted(result: CompletedRun, settings: Settings, folder?: string): string[] {
  const { run, metrics, artifacts, synthetic, training, data } = result;
  const number = (value: number | undefined) => value?.toFixed(4) ?? 'not defined';
  const links = runLinks(settings, run);
  return [
    '',
    `Run ${run} is done.${synthetic ? ' SYNTHETIC DATA.' : ''}`,
    '',
    ...alignColumns(
      compareMetrics(metrics).map(({ title, value, toBeat, rival }) => [
        `  ${title}`,
        number(value),
        toBeat === undefined ? '' : `${rival} ${number(toBeat)}`,
      ]),
    ),
    '',
    ...describeData(data),
    ...describeTraining(training),
    ...(result.schedule ? describeStart(result.startedBy, result.schedule) : []),
    ...describeRepairs(result.repairs),
    '',
    `Artifacts${folder ? ` in ${inFolder(folder, run)}` : ''}`,
    ...alignColumns(
      artifacts.map(({ name, bytes, sha256 }) => [
        `  ${name}`,
        formatBytes(bytes),
        `sha256 ${sha256.slice(0, 16)}…`,
      ]),
    ),
    '',
    ...alignColumns([
      ...(links.workflow ? [['  run in the web UI', links.workflow]] : []),
      ...(links.artifacts ? [['  artifacts in the bucket', links.artifacts]] : []),
      ...(folder ? [] : [['  fetch the artifacts', `npx --no-install streamsage artifacts get ${run}`]]),
    ]),
    ...portForwardLines([links.workflow, links.artifacts]),
  ];
}

/** Where the ratings came from, and what was dropped of them. Runs of earlier versions do not say. */
export function describeData(data: CompletedRun['data'] | undefined): string[] {
  if (data?.['from'] === undefined) return [];
  const { from, changed, ratings, badRows, firstBadRow, warning } = data;
  const since =
    changed === undefined ? '' : changed === 'yes' ? ', changed since the last run' : ', unchanged';
  return [
    `${ratings} ratings from ${from}${since}`,
    ...(Number(badRows) > 0 ? [`Bad rows dropped: ${badRows}. The first: ${firstBadRow}`] : []),
    ...(warning === undefined ? [] : [`Warning: ${warning}`]),
  ];
}

/** What trained, and from where it went on. Runs of earlier versions do not say. */
export function describeTraining(training: CompletedRun['training'] | undefined): string[] {
  if (training?.['engine'] === undefined) return [];
  const { engine, device, reason, resumedFrom } = training;
  return [
    `Trained by ${engine} on the ${String(device).toUpperCase()} (${reason})` +
      (resumedFrom === undefined ? '' : `, going on from ${resumedFrom}`),
  ];
}

function inFolder(folder: string, run: string): string {
  return `${folder.replace(/\/+$/, '')}/${runFolder(run)}/`;
}
