import type { RecentStage } from './recent-stages.js';
import type { StageIdentity, StageLookup } from './stage-record.js';

/** Differences that are named; the rest is counted. */
const namedDifferences = 6;
const longestValue = 60;

/** Why a stage did not run. @param run the one that asks */
export function explainHit(record: Pick<RecentStage, 'run' | 'createdAt'>, run: string): string {
  return record.run === run
    ? `made by this run itself, at ${day(record.createdAt)}`
    : `same inputs and parameters as run ${record.run} of ${day(record.createdAt)}`;
}

/**
 * Why a stage ran.
 * @param recent the latest that are remembered of this stage, the newest first
 * @param refresh whether it was told to, whatever the store holds
 */
export function explainMiss(
  identity: StageIdentity & { readonly key: string },
  lookup: Exclude<StageLookup, { state: 'intact' }>,
  recent: readonly RecentStage[],
  refresh: boolean,
): string {
  if (refresh) return 'asked for: --refresh';
  if (lookup.state === 'damaged') return `made again: ${lookup.damage}`;
  const same = recent.find(({ key }) => key === identity.key);
  if (same) return `the record of run ${same.run} of ${day(same.createdAt)} is not in the store any more`;
  const nearest = nearestOf(identity, recent);
  if (!nearest) return 'the store remembers no earlier run of this stage';
  const named = nearest.differences.slice(0, namedDifferences);
  const more = nearest.differences.length - named.length;
  const rest = more > 0 ? `, and ${more} more` : '';
  const { run, createdAt } = nearest.to;
  return `${named.join(', ')}${rest} (compared with run ${run} of ${day(createdAt)})`;
}

/** The one with the fewest differences; of several the newest. */
function nearestOf(identity: StageIdentity, recent: readonly RecentStage[]) {
  let nearest: { readonly to: RecentStage; readonly differences: readonly string[] } | undefined;
  for (const to of recent) {
    const differences = differencesBetween(to, identity);
    if (differences.length === 0) continue;
    if (!nearest || differences.length < nearest.differences.length) nearest = { to, differences };
  }
  return nearest;
}

/** `bingeThreshold 7200 → 3600`: what differs in the second. */
export function differencesBetween(before: StageIdentity, after: StageIdentity): string[] {
  const changed = (what: string, old: number | string | undefined, now: number | string | undefined) =>
    old === now ? [] : [`${what} ${shown(old)} → ${shown(now)}`];
  const names = (a: object, b: object) => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return [
    ...changed("version of the stage's code", before.version, after.version),
    ...names(before.parameters, after.parameters).flatMap((name) =>
      changed(name, before.parameters[name], after.parameters[name]),
    ),
    ...names(before.inputs, after.inputs).flatMap((name) =>
      changed(`input ${name}`, before.inputs[name], after.inputs[name]),
    ),
  ];
}

function shown(value: number | string | undefined): string {
  if (value === undefined) return 'none';
  const text = String(value).replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1…');
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}

/** `2026-11-24 13:44 UTC` */
export function day(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
